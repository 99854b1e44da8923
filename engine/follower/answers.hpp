// What each question is answered with: a function of the applied state, the history and the
// pages frozen earlier. Knows nothing of datagrams; who asks has been established.
#pragma once

#include <array>

#include "engine/follower/config.hpp"
#include "engine/follower/page_store.hpp"
#include "proto/codec.hpp"

namespace saker::follower {

struct Question {
  SessionId session{};
  proto::QueryKind kind = proto::QueryKind::None;
  proto::Query query;
  std::uint64_t scanned = 0;  // Activity: looked through up to this number; 0: not at all yet
};

enum class Outcome : std::uint8_t {
  kAnswered,   // page.header.status says how
  kNotReached, // names a sequence that is still to come: wait, then NotYet
  kLater,      // would need another new snapshot in this poll
};

/// One reply. The lists of `reply` point into this object or into frozen pages.
struct AnswerPage {
  proto::QueryHeader header;
  proto::QueryReply reply;
  bool made_snapshot = false;
  bool more = false;  // Activity: there is more now, for another page like this

  std::array<proto::Report, proto::query_page_items<proto::Report>()> reports;
  std::array<proto::FeedMessage, proto::query_page_items<proto::FeedMessage>()> feed;
  std::array<proto::MarketDefinition, proto::query_page_items<proto::MarketDefinition>()>
      definitions;
  std::array<proto::OpenOrder, proto::query_page_items<proto::OpenOrder>()> orders;
  std::array<proto::Balance, proto::query_page_items<proto::Balance>()> balances;
  std::array<proto::AccountDetail, 1> party;
};

class Answers {
 public:
  explicit Answers(const QueryConfig& config);

  /// The state to answer from; nullptr while there is none. Frozen pages are forgotten.
  void attach(const core::Core* core, History* history);
  /// `may_freeze`: a new snapshot may be made. A question that does not fit (a page that is not
  /// there, a kind that does not exist) is answered with a status like every other.
  /// A question for activity remembers how far it has been looked into.
  Outcome answer(Question& question, TimeNs now_ns, bool may_freeze, AnswerPage& page);
  /// After kNotReached, when there is no time left: activity is told how far nothing happened.
  /// False when the question has no such answer.
  bool answer_late(const Question& question, AnswerPage& page) const;
  /// An answer without content.
  void refuse(const Question& question, proto::QueryStatus status, AnswerPage& page) const;

 private:
  Outcome report_range(const Question& question, const History::Reports& ring, AnswerPage& page);
  Outcome feed_range(const Question& question, AnswerPage& page);
  Outcome activity(Question& question, AnswerPage& page) const;
  Outcome party(const Question& question, AnswerPage& page) const;
  /// An answer that needs no second page, straight from the state. False when it needs one.
  bool direct(const Question& question, AnswerPage& page) const;
  Outcome order_status(const Question& question, AnswerPage& page);
  Outcome paged(const Question& question, TimeNs now_ns, bool may_freeze, AnswerPage& page);
  Pages* freeze(const Question& question, TimeNs now_ns);
  PageStore::Key key_of(const Question& question) const;
  void fill(const Question& question, Pages& pages) const;
  void fill_all_balances(SessionId session, Pages& pages) const;
  Outcome done(AnswerPage& page, proto::QueryStatus status) const;
  /// Permission and existence; Ok when the question may be answered.
  proto::QueryStatus check(const Question& question) const;

  const QueryConfig& config_;
  const core::Core* core_ = nullptr;
  History* history_ = nullptr;
  PageStore pages_;
};

}  // namespace saker::follower
