#include "accounts/identity/mailer.hpp"

#include <curl/curl.h>
#include <sodium.h>

#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <stdexcept>

#include "common/clock.hpp"
#include "web/log.hpp"

namespace saker::accounts {
namespace {

struct Reading {
  const std::string& text;
  std::size_t at = 0;
};

std::size_t read_some(char* into, std::size_t size, std::size_t count, void* context) {
  auto& reading = *static_cast<Reading*>(context);
  const std::size_t bytes = std::min(size * count, reading.text.size() - reading.at);
  std::memcpy(into, reading.text.data() + reading.at, bytes);
  reading.at += bytes;
  return bytes;
}

std::string rfc5322_date(TimeNs now_ns) {
  const auto seconds = static_cast<std::time_t>(now_ns / 1'000'000'000);
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &time);
  return text;
}

std::string random_id() {
  unsigned char bytes[16];
  randombytes_buf(bytes, sizeof bytes);
  char text[2 * sizeof bytes + 1];
  sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
  return text;
}

std::string domain_of(const std::string& address) {
  return address.substr(address.find('@') + 1);
}

}  // namespace

std::string mail_message(const MailConfig& config, const Mail& mail, TimeNs now_ns,
                         const std::string& message_id) {
  std::string message = "Date: " + rfc5322_date(now_ns) + "\r\n";
  message += "From: " + config.from_name + " <" + config.from_address + ">\r\n";
  message += "To: <" + mail.to + ">\r\n";
  message += "Subject: " + mail.subject + "\r\n";
  message += "Message-ID: <" + message_id + "@" + domain_of(config.from_address) + ">\r\n";
  message += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n";
  message += "Content-Transfer-Encoding: 8bit\r\nAuto-Submitted: auto-generated\r\n\r\n";
  for (const char c : mail.text) {
    if (c == '\n') message += '\r';
    message += c;
  }
  return message;
}

Mail code_mail(const std::string& to, const std::string& code, std::int64_t code_life_ms,
               TimeNs now_ns) {
  const std::string minutes = std::to_string(code_life_ms / 60'000);
  Mail mail;
  mail.to = to;
  mail.subject = "Your Saker code: " + code;
  mail.text = "Your code to sign in to Saker is\n\n    " + code +
              "\n\nIt works once, for " + minutes +
              " minutes. Nobody from Saker will ever ask you for it.\n"
              "If you did not ask for a code, you need not do anything.\n";
  mail.give_up_ns = now_ns + static_cast<std::uint64_t>(code_life_ms) * 1'000'000;
  return mail;
}

Mailer::Mailer(MailConfig config, web::Metrics& metrics)
    : config_(std::move(config)),
      sent_(metrics.counter("mails_sent_total", "Mails that the mail server took")),
      failed_(metrics.counter("mails_failed_total", "Mails given up")),
      waiting_(metrics.gauge("mails_waiting", "Mails to be sent")) {}

Mailer::~Mailer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  change_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Mailer::start() {
  if (!config_.password_path.empty()) {
    std::ifstream file(config_.password_path);
    if (!file || !std::getline(file, password_)) {
      throw std::runtime_error(config_.password_path + ": cannot be read (the mail password)");
    }
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  thread_ = std::thread([this] { run(); });
}

bool Mailer::send(Mail mail) {
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= config_.max_waiting || stopping_) return false;
  queue_.push_back(std::move(mail));
  waiting_.set(static_cast<std::int64_t>(queue_.size()));
  change_.notify_all();
  return true;
}

bool Mailer::pause(std::uint64_t duration_ns) {
  std::unique_lock lock(mutex_);
  return !change_.wait_for(lock, std::chrono::nanoseconds(duration_ns),
                           [this] { return stopping_; });
}

void Mailer::run() {
  CURL* curl = curl_easy_init();  // kept, so that the connection to the mail server is, too
  for (;;) {
    Mail mail;
    {
      std::unique_lock lock(mutex_);
      change_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty() || stopping_) break;
      mail = std::move(queue_.front());
      queue_.pop_front();
      waiting_.set(static_cast<std::int64_t>(queue_.size()));
    }
    std::string error = "it was too late";
    bool sent = false;
    for (int attempt = 0; attempt < config_.attempts && !sent; ++attempt) {
      if (attempt > 0 && !pause(500'000'000ull << attempt)) break;
      if (MonotonicClock().now_ns() >= mail.give_up_ns) break;
      sent = deliver(curl, mail, error);
    }
    (sent ? sent_ : failed_).add();
    // Neither address nor text: they are nobody's business.
    if (!sent) web::log_warning("a mail could not be sent", {{"error", error}});
  }
  curl_easy_cleanup(curl);
}

bool Mailer::deliver(void* handle, const Mail& mail, std::string& error) {
  auto* curl = static_cast<CURL*>(handle);
  if (curl == nullptr) {
    error = "libcurl does not start";
    return false;
  }
  const std::string message = mail_message(config_, mail, UtcClock().now_ns(), random_id());
  Reading reading{message};
  char why[CURL_ERROR_SIZE] = "";
  curl_slist* recipients = curl_slist_append(nullptr, ("<" + mail.to + ">").c_str());
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, config_.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_USE_SSL,
                   static_cast<long>(config_.require_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!config_.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, config_.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, password_.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, ("<" + config_.from_address + ">").c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_some);
  curl_easy_setopt(curl, CURLOPT_READDATA, &reading);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
  const auto timeout_ms = static_cast<long>(config_.timeout_ns / 1'000'000);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(recipients);
  if (code == CURLE_OK) return true;
  error = why[0] != '\0' ? why : curl_easy_strerror(code);
  return false;
}

}  // namespace saker::accounts
