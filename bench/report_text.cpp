// The report as a table, as JSON and as CSV.

#include "bench/report.hpp"
#include "bench/text.hpp"
#include "client/json_writer.hpp"

namespace saker::bench {

namespace {

using client::JsonWriter;

template <class Histogram>
void row(std::string& out, const char* name, const Histogram& h) {
  append(out, "%-20s %9.2f %9.2f %9.2f %9.2f %9.2f %9.2f %10llu\n", name, us(h.min_ns()),
         us(h.percentile_ns(50)), us(h.percentile_ns(90)), us(h.percentile_ns(99)),
         us(h.percentile_ns(99.9)), us(h.max_ns()), ull(h.count()));
}

void totals_line(std::string& out, const char* name, const Totals& t) {
  append(out,
         "%s: planned %llu, sent %llu, measured %llu, answered %llu, lost %llu, resent %llu, "
         "not accepted %llu, waited for room %llu, late %llu\n",
         name, ull(t.planned), ull(t.sent), ull(t.measured), ull(t.answered), ull(t.lost),
         ull(t.resent), ull(t.refused), ull(t.blocked), ull(t.late));
}

void stage_rows(std::string& out, const Report& report) {
  append(out, "\nwhere the time of an order goes, from its acknowledgement (us):\n");
  append(out, "%-9s %-22s %8s %8s  %s\n", "stage", "between", "p50", "p99", "covers");
  for (std::size_t i = 0; i < kStages; ++i) {
    const LatencyHistogram& h = report.stages[i];
    append(out, "%-9s %-22s %8.2f %8.2f  %s\n", kStageTexts[i].name, kStageTexts[i].interval,
           us(h.percentile_ns(50)), us(h.percentile_ns(99)), kStageTexts[i].covers);
  }
}

void curve_rows(std::string& out, const Report& report) {
  append(out, "\nlatency against load (us):\n%12s %12s %9s %9s %9s %9s\n", "offered/s",
         "achieved/s", "echo p50", "p50", "p99", "p99.9");
  for (const LoadPoint& p : report.curve) {
    append(out, "%12.0f %12.0f %9.2f %9.2f %9.2f %9.2f%s\n", p.offered, p.achieved,
           us(p.echo_p50_ns), us(p.p50_ns), us(p.p99_ns), us(p.p999_ns),
           p.missed ? "  generator missed its schedule: not a figure of the engine" : "");
  }
  if (const LoadPoint* knee = report.knee()) {
    append(out, "knee: %.0f commands/s is the last load carried with p99 within ten times that of "
                "the lowest\n", knee->offered);
  }
}

template <class Histogram>
void json_histogram(JsonWriter& json, const char* name, const Histogram& h) {
  json.key(name).open('{').key("samples").number(h.count()).key("min_ns").number(h.min_ns());
  const std::pair<const char*, double> levels[] = {
      {"p50_ns", 50}, {"p90_ns", 90}, {"p99_ns", 99}, {"p999_ns", 99.9}, {"p9999_ns", 99.99}};
  for (const auto& [key, level] : levels) json.key(key).number(h.percentile_ns(level));
  json.key("max_ns").number(h.max_ns()).close('}');
}

void json_totals(JsonWriter& json, const char* name, const Totals& t) {
  json.key(name).open('{');
  json.key("planned").number(t.planned).key("sent").number(t.sent);
  json.key("measured").number(t.measured).key("answered").number(t.answered);
  json.key("lost").number(t.lost).key("resent").number(t.resent);
  json.key("not_accepted").number(t.refused).key("waited_for_room").number(t.blocked);
  json.key("late").number(t.late).key("achieved_per_second").decimal(t.rate(), 1);
  json_histogram(json, "latency", t.latency);
  json_histogram(json, "schedule_lag", t.lag);
  json.close('}');
}

void json_curve(JsonWriter& json, const Report& report) {
  json.key("curve").open('[');
  for (const LoadPoint& p : report.curve) {
    json.open('{').key("offered").decimal(p.offered, 1).key("achieved").decimal(p.achieved, 1);
    json.key("echo_p50_ns").number(p.echo_p50_ns).key("p50_ns").number(p.p50_ns);
    json.key("p99_ns").number(p.p99_ns).key("p999_ns").number(p.p999_ns);
    json.key("missed").flag(p.missed).close('}');
  }
  json.close(']');
  if (const LoadPoint* knee = report.knee()) json.key("knee").decimal(knee->offered, 1);
}

void json_facts(JsonWriter& json, const char* name, const std::vector<Fact>& facts) {
  json.key(name).open('{');
  for (const Fact& fact : facts) json.key(fact.name).text(fact.value);
  json.close('}');
}

}  // namespace

std::string report_table(const Report& report) {
  std::string out;
  for (const Fact& fact : report.facts) {
    append(out, "%-15s %s\n", fact.name.c_str(), fact.value.c_str());
  }
  append(out, "\n%-20s %9s %9s %9s %9s %9s %9s %10s\n", "microseconds", "min", "p50", "p90",
         "p99", "p99.9", "max", "samples");
  row(out, report.closed ? "raw ping-pong" : "raw echo", report.echo.latency);
  row(out, "order -> ack", report.order.latency);
  if (report.one_session.count() > 0) row(out, "  of one session", report.one_session);
  row(out, "cancel -> ack", report.cancel);
  if (!report.closed) row(out, "generator's lag", report.order.lag);
  append(out, "ratio of medians, median of %zu interleaved rounds: %.2f\n", report.rounds.size(),
         report.ratio());
  if (report.one_session.count() > 0) {
    append(out, "ratio of medians, many sessions to one, the same way: %.2f\n",
           report.sessions_ratio());
  }
  totals_line(out, "echo", report.echo);
  totals_line(out, "orders and cancels", report.order);
  stage_rows(out, report);
  if (!report.curve.empty()) curve_rows(out, report);
  if (report.throughput) {
    const Throughput& t = *report.throughput;
    append(out, "\nthroughput, closed loop, %u in flight: %.0f commands/s acknowledged, %.0f per "
                "second of CPU of the engine's hot thread; lost %llu, resent %llu, not accepted "
                "%llu\n",
           t.window, t.commands_per_second, t.per_engine_cpu_second, ull(t.lost), ull(t.resent),
           ull(t.refused));
  }
  for (const Fact& fact : report.engine) {
    append(out, "engine: %s %s\n", fact.name.c_str(), fact.value.c_str());
  }
  for (const std::string& why : report.refused_because) {
    append(out, "REFUSED: %s\n", why.c_str());
  }
  return out;
}

std::string report_json(const Report& report) {
  JsonWriter json;
  json.open('{');
  json_facts(json, "facts", report.facts);
  json.key("closed_loop").flag(report.closed).key("rate").decimal(report.rate, 1);
  json_totals(json, "echo", report.echo);
  json_totals(json, "order", report.order);
  json_histogram(json, "cancel", report.cancel);
  json_histogram(json, "one_session", report.one_session);
  json.key("sessions_ratio_p50").decimal(report.sessions_ratio(), 3);
  json.key("ratio_p50").decimal(report.ratio(), 3).key("rounds").open('[');
  for (const auto& round : report.rounds) {
    json.open('{').key("echo_p50_ns").number(round->echo.percentile_ns(50));
    json.key("order_p50_ns").number(round->order.percentile_ns(50));
    json.key("ratio").decimal(round->ratio(), 3).close('}');
  }
  json.close(']').key("stages").open('{');
  for (std::size_t i = 0; i < kStages; ++i) {
    json_histogram(json, kStageTexts[i].name, report.stages[i]);
  }
  json.close('}');
  json_curve(json, report);
  if (report.throughput) {
    const Throughput& t = *report.throughput;
    json.key("throughput").open('{').key("window").number(t.window);
    json.key("commands_per_second").decimal(t.commands_per_second, 1);
    json.key("per_engine_cpu_second").decimal(t.per_engine_cpu_second, 1);
    json.key("lost").number(t.lost).key("resent").number(t.resent);
    json.key("not_accepted").number(t.refused).close('}');
  }
  json_facts(json, "engine", report.engine);
  json.key("refused_because").open('[');
  for (const std::string& why : report.refused_because) json.text(why);
  json.close(']').close('}');
  return json.str() + "\n";
}

std::string report_csv(const Report& report) {
  std::string out = "what,offered_per_second,achieved_per_second,samples,min_us,p50_us,p90_us,"
                    "p99_us,p999_us,max_us\n";
  const auto line = [&](const char* what, double offered, double achieved, const auto& h) {
    append(out, "%s,%.0f,%.0f,%llu,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f\n", what, offered, achieved,
           ull(h.count()), us(h.min_ns()), us(h.percentile_ns(50)), us(h.percentile_ns(90)),
           us(h.percentile_ns(99)), us(h.percentile_ns(99.9)), us(h.max_ns()));
  };
  line("echo", report.rate, report.echo.rate(), report.echo.latency);
  line("order", report.rate, report.order.rate(), report.order.latency);
  if (report.one_session.count() > 0) {
    line("one_session", report.rate, report.order.rate(), report.one_session);
  }
  line("cancel", report.rate, report.order.rate(), report.cancel);
  line("schedule_lag", report.rate, report.order.rate(), report.order.lag);
  for (std::size_t i = 0; i < kStages; ++i) {
    line((std::string("stage_") + kStageTexts[i].name).c_str(), report.rate, report.order.rate(),
         report.stages[i]);
  }
  for (const LoadPoint& p : report.curve) {
    append(out, "%s,%.0f,%.0f,,,%.3f,,%.3f,%.3f,\n", p.missed ? "load_missed" : "load", p.offered,
           p.achieved, us(p.p50_ns), us(p.p99_ns), us(p.p999_ns));
  }
  return out;
}

}  // namespace saker::bench
