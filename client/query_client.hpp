// Questions to the follower: each is asked until it is answered or its patience is over, with the
// answer handed to a callback. Reads only, so asking twice does no harm.
#pragma once

#include <array>
#include <cstdint>

#include "client/in_flight.hpp"
#include "client/link.hpp"
#include "query_generated.h"

namespace saker::client {

/// An answer, or that there is none. A range comes in pages, each asked for when the one before has
/// arrived, with a callback for each; all other questions have one answer.
struct QueryResult {
  std::uint64_t request = 0;
  proto::QueryKind kind = proto::QueryKind::None;
  bool last = true;                     // no further callback for this question
  bool answered = false;                // false: given up, nothing below is valid
  proto::QueryStatus status = proto::QueryStatus::Ok;
  proto::QueryReply reply;              // points into the datagram: valid during the callback
};

/// A function and the object it belongs to; never null once given to ask().
struct QueryCallback {
  void* context = nullptr;
  void (*call)(void* context, const QueryResult& result) = nullptr;

  /// Calls (object->*Method)(result).
  template <auto Method, class Object>
  static QueryCallback to(Object* object) {
    return {object, [](void* context, const QueryResult& result) {
              (static_cast<Object*>(context)->*Method)(result);
            }};
  }
};

template <net::Transport Transport>
class QueryClient {
 public:
  static constexpr std::size_t kMaxPending = 64;

  QueryClient(const SessionConfig& config, Transport& transport)
      : config_(config),
        link_(config, config.follower, proto::Purpose::Query, transport),
        timer_(kLeastResendNs, kLeastResendNs, config.most_resend_ns) {}

  /// Logs on; questions asked before that wait.
  void start(TimeNs now_ns) {
    now_ns_ = now_ns;
    if (config_.follower.port != 0) link_.start(now_ns, 0);
  }

  /// Asks. `fields` says what about (its `request` is chosen here). Returns the request number, 0
  /// when too many questions are pending: ask again later. The callback comes from on_datagram()
  /// or poll(), once with `last` set.
  std::uint64_t ask(proto::QueryKind kind, proto::Query fields, QueryCallback callback,
                    std::uint64_t patience_ns = 0) {
    for (Pending& p : pending_) {
      if (p.request != 0) continue;
      p.request = ++last_request_;
      ++count_;
      p.kind = kind;
      p.fields = fields;
      p.fields.mutate_request(p.request);
      p.callback = callback;
      p.sends = 0;
      p.give_up_ns = now_ns_ + (patience_ns != 0 ? patience_ns : config_.query_patience_ns);
      p.next_send_ns = now_ns_;
      send_due(p);
      return p.request;
    }
    return 0;
  }
  /// Forgets a question; its callback does not come.
  void forget(std::uint64_t request) {
    for (Pending& p : pending_) {
      if (request == 0 || p.request != request) continue;
      p.request = 0;
      --count_;
    }
  }

  void on_datagram(net::Datagram& datagram, TimeNs now_ns) {
    now_ns_ = now_ns;
    const LinkEvent event = link_.on_datagram(datagram, now_ns);
    switch (event.kind) {
      case LinkEvent::Kind::kLoggedOn:
        for (Pending& p : pending_) {
          p.sends = 0;
          p.next_send_ns = now_ns;
          if (p.request != 0) send_due(p);
        }
        return;
      case LinkEvent::Kind::kLost:
        return link_.start(now_ns, 0);
      case LinkEvent::Kind::kFrame:
        return on_frame(event);
      default:
        return;
    }
  }

  /// Repeats and gives up what is due.
  void poll(TimeNs now_ns) {
    now_ns_ = now_ns;
    link_.poll(now_ns);
    if (count_ == 0) return;
    for (Pending& p : pending_) {
      if (p.request == 0) continue;
      if (now_ns >= p.give_up_ns) {
        ++gave_up_;
        finish(p, {.request = p.request, .kind = p.kind});
      } else {
        send_due(p);
      }
    }
  }
  TimeNs next_deadline_ns() const {
    TimeNs deadline = link_.next_deadline_ns();
    if (count_ == 0) return deadline;
    for (const Pending& p : pending_) {
      if (p.request == 0) continue;
      deadline = std::min(deadline, p.give_up_ns);
      if (link_.up()) deadline = std::min(deadline, p.next_send_ns);
    }
    return deadline;
  }

  bool up() const { return link_.up(); }
  net::Endpoint server() const { return link_.server(); }
  /// The epoch of the log that the follower has, 0 before the logon.
  std::uint32_t epoch() const { return link_.up() ? link_.accepted().epoch() : 0; }
  const LinkCounters& counters() const { return link_.counters(); }
  std::uint64_t gave_up() const { return gave_up_; }
  std::size_t pending() const { return count_; }
  /// Something is to come from the follower: an answer, or its part of the logon.
  bool waiting() const { return count_ > 0 || (link_.wanted() && !link_.up()); }

 private:
  // The follower keeps a question for a while when it has not reached what it asks for, so there
  // is no hurry to repeat it. After a longer silence it is taken for gone and logged on to again.
  static constexpr std::uint64_t kLeastResendNs = 50'000'000;
  static constexpr std::uint64_t kSilenceNs = 1'500'000'000;
  static constexpr std::uint64_t kNotYetWaitNs = 2'000'000;
  static constexpr std::uint64_t kBusyWaitNs = 20'000'000;
  // Activity is waited for at the follower; what is lost of an answer is noticed by its pages.
  static constexpr std::uint64_t kActivityResendNs = 400'000'000;
  static constexpr std::uint64_t kLostPageNs = 2'000'000;
  static constexpr std::uint64_t kLastPageNs = 20'000'000;

  struct Pending {
    std::uint64_t request = 0;
    proto::QueryKind kind = proto::QueryKind::None;
    proto::Query fields;
    QueryCallback callback;
    TimeNs first_sent_ns = 0;
    TimeNs sent_ns = 0;
    TimeNs next_send_ns = 0;
    TimeNs give_up_ns = 0;
    std::uint32_t sends = 0;
  };

  void send_due(Pending& p) {
    if (!link_.up() || now_ns_ < p.next_send_ns) return;
    if (p.sends > 1 && now_ns_ > std::max(link_.heard_ns(), p.first_sent_ns) + kSilenceNs) {
      return link_.start(now_ns_, 0);
    }
    if (p.sends == 0) p.first_sent_ns = now_ns_;
    link_.send(proto::PacketKind::Query, raw(p.kind), p.request, 0, p.fields);
    p.sent_ns = now_ns_;
    ++p.sends;
    const bool activity = p.kind == proto::QueryKind::Activity;
    p.next_send_ns = now_ns_ + (activity ? kActivityResendNs : timer_.wait_ns(p.sends));
  }

  void on_frame(const LinkEvent& event) {
    if (event.prefix.kind != proto::PacketKind::QueryReply) return;
    QueryResult result;
    if (!proto::decode_query_reply(event.payload, result.reply)) {
      ++link_.counters().dropped_content;
      return;
    }
    link_.heard(now_ns_);
    for (Pending& p : pending_) {
      if (p.request == 0 || p.request != result.reply.header->request()) continue;
      if (raw(p.kind) == event.prefix.type) on_answer(p, result);
      return;
    }
  }

  void on_answer(Pending& p, QueryResult& result) {
    if (p.sends == 1 && p.kind != proto::QueryKind::Activity) {
      timer_.measured(now_ns_ - p.sent_ns);
    }
    result.status = result.reply.header->status();
    if (result.status == proto::QueryStatus::NotYet) return again(p, kNotYetWaitNs);
    if (result.status == proto::QueryStatus::Busy) return again(p, kBusyWaitNs);
    result.request = p.request;
    result.kind = p.kind;
    result.answered = true;
    if (p.kind == proto::QueryKind::Activity && result.status == proto::QueryStatus::Ok) {
      return on_activity(p, result);
    }
    const std::uint64_t asked_from = p.fields.from();
    if (result.status != proto::QueryStatus::Ok || !is_range(p.kind) || complete(p, result)) {
      return finish(p, result);
    }
    result.last = false;
    if (p.fields.from() != asked_from) {  // not for a page that came twice
      p.sends = 0;
      p.next_send_ns = now_ns_;
      send_due(p);
    }
    p.callback.call(p.callback.context, result);
  }

  static bool is_range(proto::QueryKind kind) {
    return kind == proto::QueryKind::Reports || kind == proto::QueryKind::DropCopy ||
           kind == proto::QueryKind::FeedRange;
  }

  // Moves the question's beginning past what has arrived in order; true at its end.
  static bool complete(Pending& p, const QueryResult& result) {
    const proto::QueryHeader& header = *result.reply.header;
    const std::uint64_t items = result.reply.reports.size() + result.reply.feed.size();
    if (p.fields.from() == 0 || p.fields.from() == header.from()) {
      p.fields.mutate_from(header.from() + items);
    }
    const std::uint64_t end =
        p.fields.to() == 0 ? header.to() : std::min(p.fields.to(), header.to());
    return items == 0 || p.fields.from() >= end;
  }

  // Several datagrams answer one question; the question moves on with each that is in order, so
  // that what is lost of them is asked for again from there: when a later one shows it, or when
  // the last one does not come.
  void on_activity(Pending& p, QueryResult& result) {
    const proto::QueryHeader& header = *result.reply.header;
    const bool ahead = header.from() > p.fields.from() ||
                       (header.from() == p.fields.from() && header.page() > p.fields.page());
    if (ahead) {
      if (now_ns_ >= p.sent_ns + kLostPageNs) p.next_send_ns = now_ns_;
      return send_due(p);
    }
    if (header.from() != p.fields.from() || header.page() != p.fields.page()) return;  // again
    if (header.snapshot() == 0) return finish(p, result);
    p.fields.mutate_from(header.to());
    p.fields.mutate_page(header.pages());
    p.next_send_ns = now_ns_ + kLastPageNs;
    result.last = false;
    p.callback.call(p.callback.context, result);
  }

  void again(Pending& p, std::uint64_t wait_ns) {
    p.sends = 0;
    p.next_send_ns = now_ns_ + wait_ns;
  }

  void finish(Pending& p, const QueryResult& result) {
    const QueryCallback callback = p.callback;
    p.request = 0;  // before the call, which may ask anew
    --count_;
    callback.call(callback.context, result);
  }

  SessionConfig config_;
  Link<Transport> link_;
  ResendTimer timer_;
  TimeNs now_ns_ = 0;
  std::uint64_t last_request_ = 0;
  std::uint64_t gave_up_ = 0;
  std::size_t count_ = 0;  // of pending_ in use
  std::array<Pending, kMaxPending> pending_;
};

}  // namespace saker::client
