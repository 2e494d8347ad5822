#pragma once

#include "broker/core/group_coordinator.h"

namespace freshet::broker {

/// Around the work of each public function: answers run when the outermost of them ends, so that what they call finds
/// everything in order.
class GroupCoordinator::Turn {
 public:
  explicit Turn(GroupCoordinator& coordinator) : coordinator_(coordinator) { ++coordinator_.depth_; }
  ~Turn() {
    if (coordinator_.depth_ == 1) coordinator_.run_answers();
    --coordinator_.depth_;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  GroupCoordinator& coordinator_;
};

}  // namespace freshet::broker
