#include "bots/bot_counters.hpp"

namespace saker::bots {

namespace {

struct Spec {
  const char* name;
  const char* unit;
  const char* help;
};
constexpr Spec kSpecs[] = {
#define SAKER_BOT_SPEC(name, unit, help) {#name, unit, help},
    SAKER_BOT_COUNTERS(SAKER_BOT_SPEC)
#undef SAKER_BOT_SPEC
};

}  // namespace

std::string bot_counter_name(const std::string& bot, const char* counter) {
  std::string name = bot.substr(0, 24) + "_" + counter;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

bool BotCounters::open(const std::string& path, const std::vector<BotConfig>& bots,
                       std::string& error) {
  names_.clear();
  for (const BotConfig& bot : bots) {
    for (const Spec& spec : kSpecs) names_.push_back(bot_counter_name(bot.name, spec.name));
  }
  std::vector<CounterSpec> specs;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const Spec& spec = kSpecs[i % kBotCounterCount];
    specs.push_back({names_[i].c_str(), spec.unit, spec.help, CounterType::kGauge, 0});
  }
  counters_ = Counters::create(path, "bots", specs, error);
  return counters_ != nullptr;
}

}  // namespace saker::bots
