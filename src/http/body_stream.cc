#include "http/body_stream.h"

namespace freshet::http {

std::shared_ptr<BodyStream::Shared> BodyStream::make_shared_state() { return std::make_shared<Shared>(); }

bool BodyStream::send(std::string_view bytes) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->closed || shared_->finished) return false;
  if (shared_->queued.size() + bytes.size() > max_queued_bytes_) shared_->closed = true;
  if (!shared_->closed) shared_->queued += bytes;
  if (shared_->wake) shared_->wake();
  return !shared_->closed;
}

void BodyStream::finish() {
  const std::lock_guard lock(shared_->mutex);
  shared_->finished = true;
  if (shared_->wake) shared_->wake();
}

bool BodyStream::closed() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->closed;
}

}  // namespace freshet::http
