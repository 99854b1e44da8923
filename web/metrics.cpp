#include "web/metrics.hpp"

#include <algorithm>

#include "common/assert.hpp"

namespace saker::web {

namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') out += "\\n";
    else if (c == '\\') out += "\\\\";
    else if (c == '"' && quotes) out += "\\\"";
    else out += c;
  }
}

std::string labels_text(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text += text.empty() ? "{" : ",";
    text += name + "=\"";
    append_escaped(text, value, true);
    text += '"';
  }
  return text.empty() ? text : text + "}";
}

/// {a="b"} with one label more.
std::string with_label(const std::string& labels, const std::string& more) {
  return labels.empty() ? "{" + more + "}" : labels.substr(0, labels.size() - 1) + "," + more + "}";
}

void append_head(std::string& out, const std::string& name, const std::string& help,
                 const char* type) {
  out += "# HELP " + name + " ";
  append_escaped(out, help, false);
  out += "\n# TYPE " + name + " " + type + "\n";
}

/// Nanoseconds as seconds, exactly, without floating point: "0.00025".
std::string seconds_text(std::uint64_t duration_ns) {
  std::string fraction = std::to_string(duration_ns % 1'000'000'000);
  fraction.insert(0, 9 - fraction.size(), '0');
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  const std::string whole = std::to_string(duration_ns / 1'000'000'000);
  return fraction.empty() ? whole : whole + "." + fraction;
}

}  // namespace

void Histogram::record_ns(std::uint64_t duration_ns) {
  const auto bound = std::lower_bound(kBoundsNs.begin(), kBoundsNs.end(), duration_ns);
  buckets_[static_cast<std::size_t>(bound - kBoundsNs.begin())].fetch_add(
      1, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(duration_ns, std::memory_order_relaxed);
}

Metrics::Metrics(std::string_view service) : prefix_("saker_" + std::string(service) + "_") {}

template <class T>
T& Metrics::declare(std::deque<Family<T>>& families, std::string_view name,
                    std::string_view help, const Labels& labels) {
  const std::string full = prefix_ + std::string(name);
  auto family = std::find_if(families.begin(), families.end(),
                             [&](const Family<T>& f) { return f.name == full; });
  if (family == families.end()) {
    SAKER_ASSERT(full.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
                 std::string::npos);
    families.emplace_back();
    family = families.end() - 1;
    family->name = full;
    family->help = help;
  }
  const std::string text = labels_text(labels);
  for (Series<T>& series : family->series) {
    if (series.labels == text) return series.value;
  }
  Series<T>& series = family->series.emplace_back();
  series.labels = text;
  return series.value;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return declare(counters_, name, help, labels);
}
Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return declare(gauges_, name, help, labels);
}
Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              const Labels& labels) {
  return declare(histograms_, name, help, labels);
}
void Metrics::before_text(std::function<void()> refresh) {
  refresh_.push_back(std::move(refresh));
}

std::string Metrics::text() {
  for (const auto& refresh : refresh_) refresh();
  std::string out;
  const auto simple = [&out](const auto& families, const char* type) {
    for (const auto& family : families) {
      append_head(out, family.name, family.help, type);
      for (const auto& series : family.series) {
        out += family.name + series.labels + " " + std::to_string(series.value.value()) + "\n";
      }
    }
  };
  simple(counters_, "counter");
  simple(gauges_, "gauge");
  for (const auto& family : histograms_) {
    append_head(out, family.name, family.help, "histogram");
    for (const auto& series : family.series) {
      std::uint64_t count = 0;
      for (std::size_t i = 0; i < series.value.buckets_.size(); ++i) {
        count += series.value.buckets_[i].load(std::memory_order_relaxed);
        const std::string bound = i < Histogram::kBoundsNs.size()
                                      ? seconds_text(Histogram::kBoundsNs[i])
                                      : "+Inf";
        out += family.name + "_bucket" + with_label(series.labels, "le=\"" + bound + "\"") + " " +
               std::to_string(count) + "\n";
      }
      out += family.name + "_sum" + series.labels + " " +
             seconds_text(series.value.sum_ns_.load(std::memory_order_relaxed)) + "\n";
      out += family.name + "_count" + series.labels + " " + std::to_string(count) + "\n";
    }
  }
  return out;
}

}  // namespace saker::web
