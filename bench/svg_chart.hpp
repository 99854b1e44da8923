// Line charts as SVG text: what the report's pictures are drawn with.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace saker::bench {

struct ChartLine {
  std::string name;
  std::string colour;  // "#2563eb"
  bool dashed = false;
  // On a logarithmic scale only those > 0 are drawn; a value that is no number makes a gap.
  std::vector<std::pair<double, double>> points;
};

struct ChartTick {
  double at = 0;
  std::string label;
};

struct Chart {
  std::string title;
  std::string subtitle;
  std::string x_label;
  std::string y_label;
  bool x_log = false;
  bool y_log = false;
  std::vector<ChartTick> x_ticks;  // empty: chosen
  std::vector<ChartLine> lines;
  std::vector<ChartTick> marks;    // dashed verticals with a text
};

/// An <svg> element on a white ground, with its fonts named in it; readable inside a page and
/// alone.
std::string draw_chart(const Chart& chart);

/// Ticks that a reader likes: 1, 2 or 5 times a power of ten, about `most` of them.
std::vector<double> nice_ticks(double from, double to, bool logarithmic, unsigned most);

/// 12,500 as "12.5k"; up to three significant digits.
std::string short_number(double value);

/// `text` with the five characters escaped that mean something in markup.
std::string escaped(const std::string& text);

}  // namespace saker::bench
