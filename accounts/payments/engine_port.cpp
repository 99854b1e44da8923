#include "accounts/payments/engine_port.hpp"

#include "web/log.hpp"

namespace saker::accounts {
namespace {

constexpr std::uint64_t kConnectAgainNs = 500'000'000;
constexpr std::uint64_t kLongestSleepNs = 1'000'000'000;

}  // namespace

EnginePort::EnginePort(web::Loop& loop, const EngineConfig& config, Outbox& outbox,
                       AccountOpener& opener, web::Metrics& metrics,
                       std::function<void()> progress)
    : loop_(loop),
      config_(config),
      outbox_(outbox),
      opener_(opener),
      progress_(std::move(progress)),
      timer_(loop),
      connected_(metrics.gauge("engine_connected", "1 while the funds session is logged on")) {}

bool EnginePort::connect(std::uint32_t session, client::SessionConfig& config,
                         std::unique_ptr<Transport>& transport) {
  std::string error;
  if (!client::load_session(config_.secrets, session, session, config_.host, config_.port_base,
                            config, error)) {
    web::log_warning("no session with the engine yet", {{"session", session}, {"error", error}});
    return false;
  }
  transport = client::open_socket(config.engine, error);
  if (transport == nullptr) web::log_error("no socket", {{"error", error}});
  return transport != nullptr;
}

void EnginePort::start() {
  client::SessionConfig funds, registrar;
  if (!connect(config_.funds_session, funds, funds_transport_) ||
      !connect(config_.registrar_session, registrar, registrar_transport_)) {
    timer_.after(kConnectAgainNs, [this] { start(); });
    return;
  }
  const TimeNs now_ns = loop_.now_ns();
  funds_ = std::make_unique<FundsSession<Transport>>(funds, *funds_transport_, outbox_);
  registrar_ = std::make_unique<RegistrarSession<Transport>>(registrar, *registrar_transport_,
                                                             config_.opening, opener_);
  markets_ = std::make_unique<Markets>(funds_->session().queries());
  funds_->start(now_ns);
  registrar_->start(now_ns);
  funds_watch_ =
      std::make_unique<web::Watch>(loop_, funds_transport_->fd(), [this] { turn(); });
  registrar_watch_ =
      std::make_unique<web::Watch>(loop_, registrar_transport_->fd(), [this] { turn(); });
  turn();
}

void EnginePort::kick() {
  if (kicked_ || funds_ == nullptr) return;
  kicked_ = true;
  loop_.post([this] {
    kicked_ = false;
    turn();
  });
}

void EnginePort::turn() {
  const TimeNs now_ns = loop_.now_ns();
  checked_ = checked_ || opener_.discovered();
  funds_->may_send = checked_ && !opener_.foreign();
  funds_->poll(now_ns);
  registrar_->poll(now_ns);
  fetch_markets(now_ns);
  connected_.set(logged_on() ? 1 : 0);
  progress_();
  TimeNs deadline = std::min(funds_->next_deadline_ns(), registrar_->next_deadline_ns());
  if (opener_.next_ns() > now_ns) deadline = std::min(deadline, opener_.next_ns());
  deadline = std::clamp(deadline, now_ns + 1'000'000, now_ns + kLongestSleepNs);
  timer_.after(deadline - now_ns, [this] { turn(); });
}

void EnginePort::fetch_markets(TimeNs now_ns) {
  using client::FetchState;
  markets_->poll();
  if (markets_->state() == FetchState::kDone) {
    markets_->for_each([this](const proto::MarketDefinition& d) { catalogue_.add(d); });
    markets_->cancel();
  }
  if (markets_->state() == FetchState::kFailed) {
    markets_->cancel();
    catalogue_logons_ = 0;
    fetch_again_ns_ = now_ns + kConnectAgainNs;
  }
  if (markets_->state() != FetchState::kIdle || now_ns < fetch_again_ns_) return;
  if (!funds_->logged_on() || catalogue_logons_ == funds_->logons) return;
  catalogue_logons_ = funds_->logons;
  markets_->start(proto::QueryKind::Markets, 0, funds_->engine_sequence);
}

}  // namespace saker::accounts
