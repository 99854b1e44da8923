#include "bench/report.hpp"

#include <filesystem>
#include <fstream>

#include "bench/hdr_file.hpp"

namespace saker::bench {

namespace {

double ratio_of_medians(const HdrHistogram& a, const HdrHistogram& b) {
  if (a.count() == 0 || b.count() == 0) return 0;
  return static_cast<double>(a.percentile_ns(50)) /
         static_cast<double>(std::max<std::uint64_t>(b.percentile_ns(50), 1));
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

}  // namespace

double Round::ratio() const { return ratio_of_medians(order, echo); }
double Round::sessions_ratio() const { return ratio_of_medians(order, one_session); }

void Totals::add(const PhaseResult& phase) {
  planned += phase.planned;
  sent += phase.sent;
  measured += phase.measured;
  answered += phase.answered;
  refused += phase.refused;
  lost += phase.lost;
  resent += phase.resent;
  blocked += phase.blocked;
  late += phase.late;
  answered_in_time += phase.answered_in_time;
  measured_ns += phase.measured_ns;
  latency.merge(phase.latency);
  lag.merge(phase.lag);
}

double Totals::rate() const {
  if (measured_ns == 0) return 0;
  return static_cast<double>(answered_in_time) * 1e9 / static_cast<double>(measured_ns);
}

double Report::ratio() const {
  std::vector<double> ratios;
  for (const auto& round : rounds) ratios.push_back(round->ratio());
  return median_of(std::move(ratios));
}

double Report::sessions_ratio() const {
  std::vector<double> ratios;
  for (const auto& round : rounds) ratios.push_back(round->sessions_ratio());
  return median_of(std::move(ratios));
}

const LoadPoint* Report::knee() const {
  const LoadPoint* last = nullptr;
  for (const LoadPoint& point : curve) {
    const bool carried = !point.missed && point.achieved >= 0.99 * point.offered &&
                         point.p99_ns <= 10 * curve.front().p99_ns;
    if (!carried) break;
    last = &point;
  }
  return last;
}

bool missed_schedule(const PhaseResult& phase) {
  const bool late = phase.late * 100 > phase.measured;
  // What the window kept back is the engine's doing and shows in the latency.
  return late || (phase.blocked == 0 && phase.sent * 100 < phase.planned * 99);
}

namespace {

std::string log_of(const Report& report) {
  std::vector<std::string> comments;
  for (const Fact& fact : report.facts) comments.push_back(fact.name + ": " + fact.value);
  comments.push_back("Values are nanoseconds; tag echo: raw echo, tag order: order to ack");
  std::vector<HdrLogLine> lines;
  const auto since_s = [&](TimeNs at_ns) {
    return static_cast<double>(at_ns - std::min(report.started_ns, at_ns)) / 1e9;
  };
  const auto length_s = [&](const Totals& totals) {
    return static_cast<double>(totals.measured_ns) / 1e9 /
           static_cast<double>(std::max<std::size_t>(report.rounds.size(), 1));
  };
  for (const auto& round : report.rounds) {
    lines.push_back({"echo", since_s(round->echo_ns), length_s(report.echo), &round->echo});
    lines.push_back({"order", since_s(round->order_ns), length_s(report.order), &round->order});
  }
  return histogram_log(comments, report.started_ns, lines);
}

}  // namespace

bool write_report(const Report& report, const std::string& folder, std::string& error) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  const std::pair<const char*, std::string> files[] = {
      {"report.json", report_json(report)},
      {"report.csv", report_csv(report)},
      {"report.html", report_html(report)},
      {"percentiles.svg", percentile_picture(report)},
      {"load.svg", report.curve.empty() ? std::string() : load_picture(report)},
      {"latency.hlog", log_of(report)},
      {"order.hgrm", percentile_table(report.order.latency)},
      {"echo.hgrm", percentile_table(report.echo.latency)},
  };
  for (const auto& [name, text] : files) {
    if (text.empty()) continue;
    std::ofstream file(folder + "/" + name);
    file << text;
    file.close();
    if (file) continue;
    error = "cannot write " + folder + "/" + name;
    return false;
  }
  return true;
}

}  // namespace saker::bench
