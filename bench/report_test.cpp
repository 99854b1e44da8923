// Reports say what they must, in every form.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "bench/report.hpp"
#include "bench/svg_chart.hpp"

namespace saker::bench {
namespace {

std::unique_ptr<Report> some_report() {
  auto report = std::make_unique<Report>();
  report->facts = {{"commit", "abc123"},  {"machine", "two <cores> & \"more\""},
                   {"commit policy", "memory"}, {"tags", "UNTAGGED"},
                   {"transport", "shared memory"}, {"load", "1,000 commands/s"}};
  report->transport = "memif";
  report->rate = 1'000;
  report->started_ns = 1'700'000'000'000'000'000;
  auto phase = std::make_unique<PhaseResult>();
  for (int i = 0; i < 3; ++i) {
    auto round = std::make_unique<Round>();
    for (std::uint64_t n = 1; n <= 1'000; ++n) {
      round->echo.record(1'000);
      round->order.record(1'000 + 500 * static_cast<std::uint64_t>(i + 1));
    }
    phase->clear();
    phase->latency.merge(round->order);
    phase->measured = phase->answered = phase->answered_in_time = 1'000;
    phase->measured_ns = 1'000'000'000;
    report->order.add(*phase);
    phase->latency.clear();
    phase->latency.merge(round->echo);
    report->echo.add(*phase);
    report->rounds.push_back(std::move(round));
  }
  report->order.resent = 17;
  for (LatencyHistogram& stage : report->stages) stage.record(250);
  for (const double rate : {1e3, 2e3, 4e3, 8e3, 16e3}) {
    LoadPoint point;
    point.offered = rate;
    point.achieved = std::min(rate, 4'000.0);
    point.echo_p50_ns = 1'000;
    point.p50_ns = 1'500;
    point.p99_ns = point.p999_ns = 9'000;
    report->curve.push_back(point);
  }
  report->series = {{0.1, 1'000, 2'000, 3'000, false}, {0.2, 1'000, 2'000, 3'000, true}};
  return report;
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Report, TheRatioIsTheMedianOverTheRounds) {
  EXPECT_NEAR(some_report()->ratio(), 2.0, 0.01);
  EXPECT_EQ(Report().ratio(), 0);
}

TEST(Report, ManySessionsAreComparedWithOne) {
  const auto report = some_report();
  EXPECT_EQ(report->sessions_ratio(), 0);
  EXPECT_EQ(report_table(*report).find("many sessions"), std::string::npos);
  for (const auto& round : report->rounds) {
    round->one_session.record(1'600);
    report->one_session.record(1'600);
  }
  EXPECT_NEAR(report->sessions_ratio(), 1.25, 0.01);
  EXPECT_NE(report_table(*report).find("many sessions to one, the same way: 1.25"),
            std::string::npos);
}

TEST(Report, TheKneeIsTheLastLoadThatWasCarried) {
  auto report = some_report();
  ASSERT_NE(report->knee(), nullptr);
  EXPECT_EQ(report->knee()->offered, 4'000);
  report->curve[2].p99_ns = 91'000;  // ten times that of the lowest load
  EXPECT_EQ(report->knee()->offered, 2'000);
  report->curve[1].missed = true;
  EXPECT_EQ(report->knee()->offered, 1'000);
  report->curve.clear();
  EXPECT_EQ(report->knee(), nullptr);
}

TEST(Report, EveryFormSaysWhatItMust) {
  const auto report = some_report();
  const std::string table = report_table(*report);
  const std::string html = report_html(*report);
  for (const std::string& text : {table, html}) {
    for (const char* part : {"abc123", "UNTAGGED", "memory", "resent 17", "raw echo", "knee"}) {
      EXPECT_NE(text.find(part), std::string::npos) << part;
    }
    for (const StageText& stage : kStageTexts) {
      EXPECT_NE(text.find(stage.covers), std::string::npos) << stage.name;
    }
  }
  EXPECT_EQ(times(html, "<svg"), 3u);
  EXPECT_EQ(times(html, "</svg>"), 3u);
  EXPECT_EQ(times(html, "http"), 3u) << "nothing from elsewhere but the name of the svg language";
  EXPECT_EQ(html.find("<cores>"), std::string::npos);
  EXPECT_NE(html.find("two &lt;cores&gt; &amp; &quot;more&quot;"), std::string::npos);
  EXPECT_EQ(times(percentile_picture(*report), "<svg"), 1u);
  EXPECT_EQ(times(load_picture(*report), "knee 4k/s"), 1u);
}

// That it is JSON is for tests/bench/wire_test.sh, which has a reader for it.
TEST(Report, ItsJsonHasEveryPart) {
  const std::string json = report_json(*some_report());
  EXPECT_NE(json.find("\"machine\":\"two <cores> & \\\"more\\\"\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"ratio_p50\":2.00"), std::string::npos);
  EXPECT_EQ(times(json, "\"ratio\":"), 3u);
  EXPECT_EQ(times(json, "\"offered\":"), 5u);
  EXPECT_NE(json.find("\"knee\":4000.0"), std::string::npos);
  for (const StageText& stage : kStageTexts) {
    EXPECT_EQ(times(json, std::string("\"") + stage.name + "\":{"), 1u);
  }
}

TEST(Report, ItsCsvHasOneHeadAndEqualRows) {
  const std::string csv = report_csv(*some_report());
  std::istringstream lines(csv);
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) EXPECT_EQ(times(line, ","), 9u) << line;
  EXPECT_EQ(rows, 1 + 4 + kStages + 5);
}

TEST(Report, ARefusedRunSaysSoEverywhere) {
  const auto report = some_report();
  report->refused_because.push_back("too late");
  EXPECT_NE(report_table(*report).find("REFUSED: too late"), std::string::npos);
  EXPECT_NE(report_html(*report).find("REFUSED: too late"), std::string::npos);
  EXPECT_NE(report_json(*report).find("too late"), std::string::npos);
}

TEST(Report, AnEmptyOneIsStillDrawn) {
  const Report report;
  EXPECT_EQ(times(report_html(report), "<svg"), 1u);
  EXPECT_NE(report_json(report).find("\"rounds\":[]"), std::string::npos);
}

TEST(Chart, TicksAreNiceAndGapsAreGaps) {
  EXPECT_EQ(nice_ticks(0, 10, false, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(nice_ticks(1, 20, true, 9), (std::vector<double>{1, 2, 5, 10, 20}));
  EXPECT_EQ(short_number(12'500), "12.5k");
  EXPECT_EQ(short_number(1e6), "1M");
  Chart chart;
  chart.lines = {{"a", "#000000", false, {{1, 1}, {2, 2}, {2, std::nan("")}, {3, 1}, {4, 2}}}};
  const std::string svg = draw_chart(chart);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  const std::size_t path = svg.find("<path d=\"M", svg.find("</g>"));
  ASSERT_NE(path, std::string::npos);
  EXPECT_EQ(times(svg.substr(path, svg.find('"', path + 10) - path), "M"), 2u);
}

}  // namespace
}  // namespace saker::bench
