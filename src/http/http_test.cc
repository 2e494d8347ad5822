#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "http/client.h"
#include "http/server.h"
#include "http/socket.h"

namespace freshet::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

Deadline in_seconds(int seconds) { return std::chrono::steady_clock::now() + std::chrono::seconds(seconds); }

class HttpTest : public ::testing::Test {
 protected:
  HttpTest() : HttpTest(Server::Options{}) {}
  explicit HttpTest(Server::Options options) : server_(std::move(options)) {
    server_.route("GET", "/hello", [](const Request& request) {
      return Response{.body = "hello " + request.parameter("name", "world")};
    });
    server_.route("POST", "/length",
                  [](const Request& request) { return Response{.body = std::to_string(request.body.size())}; });
    server_.route("GET", "/files/*", [](const Request& request) { return Response{.body = request.path}; });
    server_.route_async("GET", "/never", [this](const Request&, Reply reply) { held_.push_back(std::move(reply)); });
    server_.route("GET", "/events", [this](const Request&) {
      return Response{.content_type = "text/event-stream", .body = "data: first\n\n", .stream = events_};
    });
  }
  void SetUp() override { ASSERT_TRUE(server_.start().has_value()); }
  void TearDown() override { server_.stop(); }

  Client client() const { return Client({.host = "127.0.0.1", .port = server_.port()}); }
  ClientResponse get(Client& client, const std::string& target) {
    const auto response = client.send({.method = "GET", .target = target, .headers = {}, .body = {}});
    EXPECT_TRUE(response.has_value()) << response.error().message;
    return response.value_or(ClientResponse{});
  }
  /// What the server says to raw bytes, until it closes.
  std::string raw(std::string_view bytes) {
    Socket socket;
    EXPECT_EQ(socket.connect("127.0.0.1", server_.port(), in_seconds(5)), Wait::kOk);
    size_t sent = 0;
    bool early = false;
    socket.send(std::span(&bytes, 1), in_seconds(5), sent, early);
    std::string answer;
    char buffer[4096];
    for (size_t n = 0; socket.receive(buffer, sizeof buffer, in_seconds(5), n) == Wait::kOk;) answer.append(buffer, n);
    return answer;
  }

  std::shared_ptr<BodyStream> events_ = std::make_shared<BodyStream>();
  std::vector<Reply> held_;
  Server server_;
};

TEST_F(HttpTest, AnswersRoutesWithParametersAndKeepsTheConnection) {
  Client one = client();
  EXPECT_EQ(get(one, "/hello").body, "hello world");
  EXPECT_EQ(get(one, "/hello?name=a%20b%26c").body, "hello a b&c");
  EXPECT_EQ(get(one, "/files/css/page.css").body, "/files/css/page.css");
}

TEST_F(HttpTest, UnknownPathsAndMethodsAreSaidSo) {
  Client one = client();
  EXPECT_EQ(get(one, "/nothing").status, 404);
  const auto response = one.send({.method = "POST", .target = "/hello", .headers = {}, .body = {}});
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 405);
  EXPECT_EQ(response->header("allow"), "GET");
}

TEST_F(HttpTest, BodyGoesOutInSeveralParts) {
  Client one = client();
  const std::string big(3 << 20, 'x');
  const auto response = one.send({.target = "/length", .headers = {}, .body = {big, "", big, "yz"}});
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->body, std::to_string(2 * big.size() + 2));
}

TEST_F(HttpTest, TooLargeBodyIsRefusedBeforeItIsSentWhole) {
  Client one = client();
  const std::string big(64 << 20, 'x');
  const auto response = one.send({.target = "/length", .headers = {}, .body = {big}});
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(get(one, "/hello").status, 200) << "on a new connection";
}

TEST_F(HttpTest, OverallDeadlineEndsAnExchange) {
  Client one = client();
  const auto begin = std::chrono::steady_clock::now();
  const auto response = one.send({.method = "GET", .target = "/never", .headers = {}, .body = {}, .timeout_ms = 100});
  ASSERT_FALSE(response.has_value());
  EXPECT_TRUE(response.error().timed_out);
  EXPECT_TRUE(response.error().sent);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(5'000));
}

TEST_F(HttpTest, AbortEndsAnExchangeFromAnotherThread) {
  Client one = client();
  std::atomic<bool> done = false;
  std::thread aborter([&] {
    while (!done) {
      one.abort();
      std::this_thread::yield();
    }
  });
  const auto response = one.send({.method = "GET", .target = "/never", .headers = {}, .body = {}});
  done = true;
  aborter.join();
  ASSERT_FALSE(response.has_value());
  EXPECT_TRUE(response.error().aborted);
  EXPECT_EQ(get(one, "/hello").status, 200) << "an abort is for one exchange only";
}

TEST_F(HttpTest, NothingListeningMeansNothingSent) {
  const uint16_t port = server_.port();
  server_.stop();
  Client one({.host = "127.0.0.1", .port = port});
  const auto response = one.send({.target = "/", .headers = {}, .body = {"data"}});
  ASSERT_FALSE(response.has_value());
  EXPECT_FALSE(response.error().sent);
}

TEST_F(HttpTest, ConnectionThatWasClosedMeanwhileIsOpenedAnew) {
  Client one = client();
  EXPECT_EQ(get(one, "/hello").status, 200);
  const uint16_t port = server_.port();
  server_.stop();
  Server again({.port = port});
  again.route("GET", "/hello", [](const Request&) { return Response{.body = "again"}; });
  ASSERT_TRUE(again.start().has_value());
  EXPECT_EQ(get(one, "/hello").body, "again");
}

TEST_F(HttpTest, EventsArriveWhileTheAnswerGoesOn) {
  Socket socket;
  ASSERT_EQ(socket.connect("127.0.0.1", server_.port(), in_seconds(5)), Wait::kOk);
  const std::string_view request = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
  size_t count = 0;
  bool early = false;
  ASSERT_EQ(socket.send(std::span(&request, 1), in_seconds(5), count, early), Wait::kOk);
  std::string got;
  char buffer[4096];
  const auto read_until = [&](std::string_view text) {
    while (got.find(text) == std::string::npos &&
           socket.receive(buffer, sizeof buffer, in_seconds(5), count) == Wait::kOk) {
      got.append(buffer, count);
    }
    return got.find(text) != std::string::npos;
  };
  EXPECT_TRUE(read_until("data: first\n\n")) << got;
  EXPECT_TRUE(events_->send("data: second\n\n"));
  EXPECT_TRUE(read_until("data: second\n\n")) << got;
  socket.close();
  const auto deadline = in_seconds(5);
  while (!events_->closed() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(events_->send("data: nobody\n\n"));
}

TEST_F(HttpTest, FinishedStreamEndsTheAnswerAfterWhatWasQueued) {
  events_->send("data: last\n\n");
  events_->finish();
  EXPECT_THAT(raw("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"), HasSubstr("data: first\n\ndata: last\n\n"));
}

TEST_F(HttpTest, GarbageAndLongHeadersAreRefused) {
  EXPECT_THAT(raw("\x16\x03\x01garbage\r\n\r\n"), HasSubstr("400 Bad Request"));
  EXPECT_THAT(raw("GET /hello HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"), HasSubstr("431 "));
}

TEST_F(HttpTest, ForeignHostsAndOriginsAreRefused) {
  EXPECT_THAT(raw("GET /hello HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), HasSubstr("403 "));
  EXPECT_THAT(raw("POST /length HTTP/1.1\r\nHost: 127.0.0.1:80\r\nOrigin: http://evil.example\r\nConnection: close\r\n"
                  "Content-Length: 0\r\n\r\n"),
              HasSubstr("403 "));
  EXPECT_THAT(raw("POST /length HTTP/1.1\r\nHost: 127.0.0.1:80\r\nOrigin: http://127.0.0.1:80\r\nConnection: close\r\n"
                  "Content-Length: 0\r\n\r\n"),
              HasSubstr("200 OK"));
}

TEST_F(HttpTest, PortInUseNamesTheSetting) {
  Server second({.port = server_.port(), .key = "registry.listen"});
  const auto started = second.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, ErrorCode::kPortInUse);
  EXPECT_THAT(started.error().message, HasSubstr("registry.listen"));
}

class ImpatientHttpTest : public HttpTest {
 protected:
  ImpatientHttpTest() : HttpTest({.max_connections = 2, .request_timeout_ms = 100, .idle_timeout_ms = 5'000}) {}
};

TEST_F(ImpatientHttpTest, SlowRequestIsCutOffAndOneConnectionTooManyIsClosed) {
  Socket slow;
  ASSERT_EQ(slow.connect("127.0.0.1", server_.port(), in_seconds(5)), Wait::kOk);
  const std::string_view half = "GET /hel";
  size_t count = 0;
  bool early = false;
  ASSERT_EQ(slow.send(std::span(&half, 1), in_seconds(5), count, early), Wait::kOk);
  char buffer[16];
  EXPECT_EQ(slow.receive(buffer, sizeof buffer, in_seconds(5), count), Wait::kClosed);

  Client first = client();
  Client second = client();
  EXPECT_EQ(get(first, "/hello").status, 200);
  EXPECT_EQ(get(second, "/hello").status, 200);
  EXPECT_EQ(raw("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"), "");
  EXPECT_EQ(get(first, "/hello").status, 200);
}

/// Accepts once, reads what comes first, says `answer` and closes.
class BrokenServer {
 public:
  explicit BrokenServer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const int fd = ::accept(listener_, nullptr, nullptr);
      char buffer[4096];
      EXPECT_GT(::recv(fd, buffer, sizeof buffer, 0), 0);
      EXPECT_EQ(::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
      ::close(fd);
    });
  }
  ~BrokenServer() {
    thread_.join();
    ::close(listener_);
  }
  uint16_t port() const { return port_; }

 private:
  int listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

TEST(BrokenAnswers, AreNeverTakenForSuccess) {
  for (const char* answer :
       {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "not HTTP at all\r\n\r\n"}) {
    const BrokenServer server(answer);
    Client client({.host = "127.0.0.1", .port = server.port()});
    const auto response = client.send({.target = "/", .body = {"data"}});
    ASSERT_FALSE(response.has_value()) << answer;
    EXPECT_TRUE(response.error().sent) << answer;
  }
}

TEST(Percent, EncodingRoundTrips) {
  EXPECT_EQ(percent_encode("a b/ü'"), "a%20b%2F%C3%BC%27");
  EXPECT_EQ(percent_decode(percent_encode("a b/ü'%")), "a b/ü'%");
  EXPECT_EQ(percent_decode("a+b%4"), "a b%4");
}

}  // namespace
}  // namespace freshet::http
