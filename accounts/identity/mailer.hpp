// Sends mail by SMTP (libcurl) from a thread of its own, so that nobody waits for a mail server
// and nobody can tell from an answer's time whether there was one to send.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "accounts/identity/identity_config.hpp"
#include "common/types.hpp"
#include "web/metrics.hpp"

namespace saker::accounts {

struct Mail {
  std::string to;  // as normalise_email() made it
  std::string subject;
  std::string text;         // lines end in \n
  TimeNs give_up_ns = 0;    // of MonotonicClock; not sent later than this
};

/// The mail as it goes over the wire: headers and text, lines ending in CR LF.
std::string mail_message(const MailConfig& config, const Mail& mail, TimeNs now_ns,
                         const std::string& message_id);
/// The mail that brings a code.
Mail code_mail(const std::string& to, const std::string& code, std::int64_t code_life_ms,
               TimeNs now_ns);

class Mailer {
 public:
  Mailer(MailConfig config, web::Metrics& metrics);
  /// Ends what is being sent and drops what waits: whoever waits for a code asks again.
  ~Mailer();
  Mailer(const Mailer&) = delete;
  Mailer& operator=(const Mailer&) = delete;

  void start();
  /// Any thread. False when too many wait already.
  bool send(Mail mail);

 private:
  void run();
  bool deliver(void* curl, const Mail& mail, std::string& error);
  /// Sleeps, but not beyond a stop; false when stopping.
  bool pause(std::uint64_t duration_ns);

  MailConfig config_;
  std::string password_;
  web::Counter& sent_;
  web::Counter& failed_;
  web::Gauge& waiting_;
  std::mutex mutex_;
  std::condition_variable change_;
  std::deque<Mail> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace saker::accounts
