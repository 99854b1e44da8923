#include "bench/svg_chart.hpp"

#include <algorithm>
#include <cmath>

#include "bench/text.hpp"

namespace saker::bench {

namespace {

constexpr double kWidth = 820, kHeight = 400;
constexpr double kLeft = 74, kRight = 24, kTop = 78, kBottom = 56;

/// One axis: values to places on the picture.
class Scale {
 public:
  Scale(double from, double to, bool logarithmic, double at_from, double at_to)
      : from_(from), to_(to), logarithmic_(logarithmic), at_from_(at_from), at_to_(at_to) {}
  double operator()(double value) const {
    const double share = logarithmic_ ? std::log(value / from_) / std::log(to_ / from_)
                                      : (value - from_) / (to_ - from_);
    return at_from_ + std::clamp(share, 0.0, 1.0) * (at_to_ - at_from_);
  }
  bool shows(double value) const {
    const double slack = 1e-9 * std::fabs(to_);
    return value >= from_ - slack && value <= to_ + slack;
  }

 private:
  double from_, to_;
  bool logarithmic_;
  double at_from_, at_to_;
};

struct Extent {
  double from = 0, to = 0;
  bool any = false;
  void add(double value) {
    from = any ? std::min(from, value) : value;
    to = any ? std::max(to, value) : value;
    any = true;
  }
};

/// Room around the data, never empty, and from 0 on where that is a place.
Extent rounded(Extent extent, bool logarithmic) {
  if (!extent.any) return {logarithmic ? 1.0 : 0.0, 10, true};
  if (!logarithmic) {
    extent.from = 0;
    extent.to = extent.to > 0 ? extent.to * 1.05 : 1;
  } else if (extent.to < extent.from * 1.5) {
    extent.from /= 1.5;
    extent.to *= 1.5;
  }
  return extent;
}

void text(std::string& out, double x, double y, const char* anchor, const char* style,
          const std::string& words) {
  append(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>", x, y, anchor, style);
  out += escaped(words) + "</text>\n";
}

void draw_axes(std::string& out, const Chart& chart, const Scale& x, const Scale& y,
               const Extent& xs, const Extent& ys) {
  constexpr const char* kSmall = "font-size=\"12\" fill=\"#4b5563\"";
  for (const double value : nice_ticks(ys.from, ys.to, chart.y_log, 8)) {
    append(out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e5e7eb\"/>\n",
           kLeft, kWidth - kRight, y(value), y(value));
    text(out, kLeft - 8, y(value) + 4, "end", kSmall, short_number(value));
  }
  std::vector<ChartTick> ticks = chart.x_ticks;
  if (ticks.empty()) {
    for (const double value : nice_ticks(xs.from, xs.to, chart.x_log, 9)) {
      ticks.push_back({value, short_number(value)});
    }
  }
  for (const ChartTick& tick : ticks) {
    if (!x.shows(tick.at)) continue;
    append(out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#f3f4f6\"/>\n",
           x(tick.at), x(tick.at), kTop, kHeight - kBottom);
    text(out, x(tick.at), kHeight - kBottom + 18, "middle", kSmall, tick.label);
  }
  append(out, "<path d=\"M%.1f %.1fV%.1fH%.1f\" fill=\"none\" stroke=\"#9ca3af\"/>\n", kLeft,
         kTop, kHeight - kBottom, kWidth - kRight);
  text(out, (kLeft + kWidth - kRight) / 2, kHeight - 14, "middle", kSmall, chart.x_label);
  append(out, "<g transform=\"translate(20 %.1f) rotate(-90)\">", (kTop + kHeight - kBottom) / 2);
  text(out, 0, 0, "middle", kSmall, chart.y_label);
  out += "</g>\n";
}

void draw_line(std::string& out, const Chart& chart, const ChartLine& line, const Scale& x,
               const Scale& y) {
  std::string path;
  bool gap = true;
  for (const auto& [at, value] : line.points) {
    if ((chart.x_log && at <= 0) || (chart.y_log && value <= 0)) continue;
    if (!std::isnan(value)) append(path, "%c%.1f %.1f", gap ? 'M' : 'L', x(at), y(value));
    gap = std::isnan(value);
  }
  out += "<path d=\"" + path + "\" fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" "
         "stroke=\"" + line.colour + "\"" + (line.dashed ? " stroke-dasharray=\"6 4\"" : "") +
         "/>\n";
}

void draw_legend(std::string& out, const Chart& chart) {
  double at = kLeft;
  for (const ChartLine& line : chart.lines) {
    append(out,
           "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"62\" y2=\"62\" stroke-width=\"3\" stroke=\"%s\"",
           at, at + 22, line.colour.c_str());
    out += line.dashed ? " stroke-dasharray=\"6 4\"/>\n" : "/>\n";
    text(out, at + 28, 66, "start", "font-size=\"12\" fill=\"#111827\"", line.name);
    at += 50 + 6.6 * static_cast<double>(line.name.size());
  }
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string short_number(double value) {
  const char* unit = "";
  if (std::fabs(value) >= 1e6) value /= 1e6, unit = "M";
  else if (std::fabs(value) >= 1e3) value /= 1e3, unit = "k";
  char text[32];
  std::snprintf(text, sizeof text, "%.3g%s", value, unit);
  return text;
}

std::vector<double> nice_ticks(double from, double to, bool logarithmic, unsigned most) {
  std::vector<double> ticks;
  if (logarithmic) {
    const bool crowded = std::log10(to / from) * 3 > most;
    for (double power = std::pow(10, std::floor(std::log10(from))); power <= to; power *= 10) {
      for (const double factor : {1.0, 2.0, 5.0}) {
        const double tick = power * factor;
        if (crowded && factor != 1.0) continue;
        if (tick >= from * 0.999 && tick <= to * 1.001) ticks.push_back(tick);
      }
    }
    return ticks;
  }
  const double rough = (to - from) / most;
  if (!(rough > 0)) return {from};
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power * 10;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (power * factor >= rough) step = power * factor;
  }
  for (double tick = std::ceil(from / step) * step; tick <= to + step * 1e-6; tick += step) {
    ticks.push_back(tick);
  }
  return ticks;
}

std::string draw_chart(const Chart& chart) {
  Extent xs, ys;
  for (const ChartLine& line : chart.lines) {
    for (const auto& [at, value] : line.points) {
      if ((chart.x_log && at <= 0) || (chart.y_log && value <= 0) || std::isnan(value)) continue;
      xs.add(at);
      ys.add(value);
    }
  }
  xs = rounded(xs, chart.x_log);
  ys = rounded(ys, chart.y_log);
  const Scale x(xs.from, xs.to, chart.x_log, kLeft, kWidth - kRight);
  const Scale y(ys.from, ys.to, chart.y_log, kHeight - kBottom, kTop);

  std::string out;
  append(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
              "width=\"%.0f\" height=\"%.0f\" role=\"img\" "
              "font-family=\"system-ui, 'DejaVu Sans', sans-serif\">\n",
         kWidth, kHeight, kWidth, kHeight);
  append(out, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n", kWidth, kHeight);
  text(out, kLeft, 26, "start", "font-size=\"17\" font-weight=\"600\" fill=\"#111827\"",
       chart.title);
  text(out, kLeft, 45, "start", "font-size=\"12\" fill=\"#6b7280\"", chart.subtitle);
  draw_axes(out, chart, x, y, xs, ys);
  for (const ChartTick& mark : chart.marks) {
    append(out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#9ca3af\" "
                "stroke-dasharray=\"3 3\"/>\n",
           x(mark.at), x(mark.at), kTop, kHeight - kBottom);
    text(out, x(mark.at) - 5, kTop + 12, "end", "font-size=\"12\" fill=\"#4b5563\"", mark.label);
  }
  for (const ChartLine& line : chart.lines) draw_line(out, chart, line, x, y);
  draw_legend(out, chart);
  return out + "</svg>\n";
}

}  // namespace saker::bench
