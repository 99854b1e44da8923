// The report as one page with its pictures in it.
#include <cmath>
#include <cstdio>

#include "bench/report.hpp"
#include "bench/svg_chart.hpp"
#include "bench/text.hpp"

namespace saker::bench {

namespace {

constexpr const char* kBlue = "#2563eb";
constexpr const char* kGrey = "#6b7280";
constexpr const char* kAmber = "#d97706";
constexpr const char* kRed = "#dc2626";

std::string fact(const Report& report, const char* name) {
  for (const Fact& f : report.facts) {
    if (f.name == name) return f.value;
  }
  return "?";
}

/// "memif, policy memory, UNTAGGED".
std::string conditions(const Report& report) {
  return report.transport + ", policy " + fact(report, "commit policy") + ", " +
         fact(report, "tags");
}

/// Up to where a hundred samples stand behind a percentile.
std::vector<std::pair<double, double>> percentile_points(const HdrHistogram& h) {
  std::vector<std::pair<double, double>> points;
  for (double rest = 1; h.count() > 0; rest *= 0.9) {
    points.emplace_back(1 / rest, us(h.percentile_ns(100 * (1 - rest))));
    if (rest * static_cast<double>(h.count()) < 100) break;
  }
  return points;
}

Chart percentile_chart(const Report& report) {
  Chart chart;
  chart.title = "Order to acknowledgement, percentiles";
  const std::string load = short_number(report.rate) + " commands/s";
  chart.subtitle = conditions(report) + ", " + (report.closed ? "one in flight" : load);
  chart.x_label = "percentile (as far as 100 samples lie beyond it)";
  chart.y_label = "microseconds";
  chart.x_log = chart.y_log = true;
  chart.x_ticks = {{1, "0 %"}, {2, "50 %"}, {10, "90 %"}, {100, "99 %"}, {1e3, "99.9 %"},
                   {1e4, "99.99 %"}, {1e5, "99.999 %"}, {1e6, "99.9999 %"}};
  chart.lines = {{"order to acknowledgement", kBlue, false,
                  percentile_points(report.order.latency)},
                 {"raw echo on the same transport, same run", kGrey, true,
                  percentile_points(report.echo.latency)}};
  return chart;
}

Chart load_chart(const Report& report) {
  Chart chart;
  chart.title = "Latency against load";
  chart.subtitle = conditions(report);
  chart.x_label = "commands a second offered (orders and their cancels)";
  chart.y_label = "microseconds";
  chart.x_log = chart.y_log = true;
  chart.lines = {{"p50", kBlue, false, {}}, {"p99", kAmber, false, {}},
                 {"p99.9", kRed, false, {}}, {"raw echo p50", kGrey, true, {}}};
  for (const LoadPoint& p : report.curve) {
    if (p.missed) continue;
    chart.lines[0].points.emplace_back(p.offered, us(p.p50_ns));
    chart.lines[1].points.emplace_back(p.offered, us(p.p99_ns));
    chart.lines[2].points.emplace_back(p.offered, us(p.p999_ns));
    chart.lines[3].points.emplace_back(p.offered, us(p.echo_p50_ns));
  }
  if (const LoadPoint* knee = report.knee()) {
    chart.marks.push_back({knee->offered, "knee " + short_number(knee->offered) + "/s"});
  }
  return chart;
}

Chart time_chart(const Report& report) {
  Chart chart;
  chart.title = "Latency over the run";
  chart.subtitle = "by the time at which a send was intended; gaps are the rounds of the echo";
  chart.x_label = "seconds since the run began";
  chart.y_label = "microseconds";
  chart.y_log = true;
  chart.lines = {{"p50", kBlue, false, {}}, {"p99", kAmber, false, {}}, {"max", kRed, true, {}}};
  for (const SeriesPoint& p : report.series) {
    chart.lines[0].points.emplace_back(p.at_s, us(p.p50_ns));
    chart.lines[1].points.emplace_back(p.at_s, us(p.p99_ns));
    chart.lines[2].points.emplace_back(p.at_s, us(p.max_ns));
    if (!p.last) continue;
    for (ChartLine& line : chart.lines) line.points.emplace_back(p.at_s, std::nan(""));
  }
  return chart;
}

std::string stage_table(const Report& report) {
  std::string out =
      "<h2>Where an order's time goes</h2><table><tr><th>stage</th><th>between</th><th>p50 "
      "\xc2\xb5s</th><th>p99 \xc2\xb5s</th><th>covers</th></tr>";
  for (std::size_t i = 0; i < kStages; ++i) {
    char figures[96];
    std::snprintf(figures, sizeof figures, "</td><td>%.2f</td><td>%.2f</td><td>",
                  us(report.stages[i].percentile_ns(50)), us(report.stages[i].percentile_ns(99)));
    out += std::string("<tr><td>") + kStageTexts[i].name + "</td><td>" +
           escaped(kStageTexts[i].interval) + figures + escaped(kStageTexts[i].covers) +
           "</td></tr>";
  }
  return out + "</table>";
}

}  // namespace

std::string percentile_picture(const Report& report) {
  return draw_chart(percentile_chart(report));
}
std::string load_picture(const Report& report) { return draw_chart(load_chart(report)); }

std::string report_html(const Report& report) {
  std::string out =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>saker-bench wire"
      "</title><style>body{font:14px/1.5 system-ui,sans-serif;max-width:860px;margin:2em auto;"
      "padding:0 1em;color:#111827}table{border-collapse:collapse;margin:1em 0}td,th{padding:2px "
      "12px 2px 0;text-align:left;vertical-align:top}pre{overflow-x:auto;background:#f9fafb;"
      "padding:1em;font-size:12px;white-space:pre-wrap}svg{max-width:100%;height:auto}"
      ".refused{background:#fee2e2;padding:.5em 1em}</style></head><body>"
      "<h1>Order to acknowledgement</h1>";
  for (const std::string& why : report.refused_because) {
    out += "<p class=\"refused\">REFUSED: " + escaped(why) + "</p>";
  }
  out += "<table>";
  for (const Fact& f : report.facts) {
    out += "<tr><th>" + escaped(f.name) + "</th><td>" + escaped(f.value) + "</td></tr>";
  }
  out += "</table>" + draw_chart(percentile_chart(report));
  if (!report.curve.empty()) out += draw_chart(load_chart(report));
  if (!report.series.empty()) out += draw_chart(time_chart(report));
  out += stage_table(report);
  out += "<h2>Figures</h2><pre>" + escaped(report_table(report)) + "</pre></body></html>\n";
  return out;
}

}  // namespace saker::bench
