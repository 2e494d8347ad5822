#include "http/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace freshet::http {

Socket::Socket() : abort_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Socket::~Socket() {
  close();
  if (abort_fd_ >= 0) ::close(abort_fd_);
}

void Socket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Socket::abort() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(abort_fd_, &one, sizeof one);
}

void Socket::clear_abort() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t read = ::read(abort_fd_, &count, sizeof count);
}

Wait Socket::failed(int error) {
  reason_ = std::strerror(error);
  return error == EPIPE || error == ECONNRESET ? Wait::kClosed : Wait::kError;
}

Wait Socket::wait_for(short events, Deadline deadline, short& ready) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return Wait::kTimeout;
    std::array<pollfd, 2> fds{pollfd{abort_fd_, POLLIN, 0}, pollfd{fd_, events, 0}};
    const int n = ::poll(fds.data(), fds.size(), static_cast<int>(std::min<int64_t>(left, 3'600'000)));
    if (n < 0 && errno != EINTR) return failed(errno);
    if (n <= 0) continue;
    if (fds[0].revents != 0) return Wait::kAborted;
    ready = fds[1].revents;
    return Wait::kOk;
  }
}

Wait Socket::connect_to(const void* address, unsigned address_size, int family, Deadline deadline) {
  fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return failed(errno);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, static_cast<const sockaddr*>(address), address_size) == 0) return Wait::kOk;
  if (errno != EINPROGRESS) return failed(errno);
  short ready = 0;
  if (const Wait wait = wait_for(POLLOUT, deadline, ready); wait != Wait::kOk) return wait;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? Wait::kOk : failed(error);
}

Wait Socket::connect(const std::string& host, uint16_t port, Deadline deadline) {
  close();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); code != 0) {
    reason_ = ::gai_strerror(code);
    return Wait::kError;
  }
  Wait wait = Wait::kError;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    wait = connect_to(at->ai_addr, at->ai_addrlen, at->ai_family, deadline);
    if (wait == Wait::kOk) break;
    close();
    if (wait == Wait::kTimeout || wait == Wait::kAborted) break;
  }
  ::freeaddrinfo(found);
  return wait;
}

bool Socket::is_stale() const {
  if (fd_ < 0) return true;
  char byte = 0;
  const ssize_t n = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return !(n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

Wait Socket::send(std::span<const std::string_view> parts, Deadline deadline, size_t& sent_bytes, bool& early) {
  constexpr size_t kAtOnce = 16;
  size_t part = 0;
  size_t offset = 0;  // into parts[part]
  while (part < parts.size()) {
    std::array<iovec, kAtOnce> vectors{};
    size_t count = 0;
    for (size_t i = part; i < parts.size() && count < kAtOnce; ++i) {
      const std::string_view rest = i == part ? parts[i].substr(offset) : parts[i];
      if (!rest.empty()) vectors[count++] = {const_cast<char*>(rest.data()), rest.size()};
    }
    if (count == 0) return Wait::kOk;
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    const ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return failed(errno);
    size_t left = n > 0 ? static_cast<size_t>(n) : 0;
    sent_bytes += left;
    while (part < parts.size() && left >= parts[part].size() - offset) {
      left -= parts[part].size() - offset;
      offset = 0;
      ++part;
    }
    offset += left;
    if (n >= 0) continue;
    short ready = 0;
    if (const Wait wait = wait_for(POLLOUT | POLLIN, deadline, ready); wait != Wait::kOk) return wait;
    if ((ready & POLLIN) != 0) {
      early = true;
      return Wait::kOk;
    }
  }
  return Wait::kOk;
}

Wait Socket::receive(char* buffer, size_t size, Deadline deadline, size_t& received_bytes) {
  for (;;) {
    const ssize_t n = ::recv(fd_, buffer, size, MSG_DONTWAIT);
    if (n > 0) {
      received_bytes = static_cast<size_t>(n);
      return Wait::kOk;
    }
    if (n == 0) {
      reason_ = "the connection was closed";
      return Wait::kClosed;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return failed(errno);
    short ready = 0;
    if (const Wait wait = wait_for(POLLIN, deadline, ready); wait != Wait::kOk) return wait;
  }
}

}  // namespace freshet::http
