// PostgreSQL for one thread, blocking: statements, and rows by binary COPY. A thin layer over
// libpq, because COPY of tens of thousands of rows a second is what the services here do.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/types.hpp"
#include "events/database_error.hpp"

struct pg_conn;
struct pg_result;

namespace saker::events {

/// The answer to a statement; values as text.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}
  ~Rows();
  Rows(Rows&& other) noexcept : result_(std::exchange(other.result_, nullptr)) {}
  Rows& operator=(Rows&&) = delete;

  int count() const;
  bool is_null(int row, int column) const;
  std::string_view text(int row, int column) const;
  std::int64_t integer(int row, int column) const;
  /// What was put in with bits().
  std::uint64_t bits(int row, int column) const {
    return static_cast<std::uint64_t>(integer(row, column));
  }
  /// A numeric without places after the point; throws DatabaseError when it has some or is beyond
  /// 128 bits.
  Int128 wide(int row, int column) const;
  /// Rows that an INSERT, UPDATE or DELETE touched.
  std::int64_t affected() const;

 private:
  pg_result* result_;
};

/// 64 unsigned bits as the database has them.
constexpr std::int64_t bits(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::string wide_text(Int128 number);

/// Rows in the binary format of COPY, collected until they are sent.
class CopyRows {
 public:
  CopyRows() { clear(); }
  void clear();
  bool empty() const { return rows_ == 0; }
  std::uint64_t rows() const { return rows_; }
  std::size_t bytes() const { return buffer_.size(); }
  /// What COPY is sent, but for the end: a header of 19 bytes, then the rows.
  std::string_view binary() const { return buffer_; }

  void begin_row(std::uint16_t columns) {
    put(columns);
    ++rows_;
  }
  /// bigint, int, smallint: by the type of the argument.
  void add(std::int64_t value) { field(static_cast<std::uint64_t>(value)); }
  void add(std::int32_t value) { field(static_cast<std::uint32_t>(value)); }
  void add(std::int16_t value) { field(static_cast<std::uint16_t>(value)); }

 private:
  friend class Database;
  template <class T>
  void put(T value) {
    if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
    const std::size_t at = buffer_.size();
    buffer_.resize(at + sizeof(T));
    std::memcpy(&buffer_[at], &value, sizeof(T));
  }
  template <class T>
  void field(T value) {
    put(static_cast<std::uint32_t>(sizeof(T)));
    put(value);
  }

  std::string buffer_;
  std::uint64_t rows_ = 0;
};

class Database {
 public:
  /// Connects. Throws DatabaseError. `name` is what the server shows of this connection.
  Database(const std::string& conninfo, const std::string& name);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// One statement; $1, $2 … stand for the parameters.
  Rows run(const char* statement, const std::vector<std::string>& parameters = {});
  Rows run(const std::string& statement, const std::vector<std::string>& parameters = {}) {
    return run(statement.c_str(), parameters);
  }
  /// Several statements without parameters or answer.
  void script(const std::string& statements);
  /// `target`: "schema.table (column, …)". Nothing happens without rows.
  void copy(const std::string& target, CopyRows& rows);

  void begin(const char* mode = "") { run(std::string("BEGIN ") + mode); }
  void commit();
  /// After an error within a transaction, when the connection is to be used on.
  void roll_back() { run("ROLLBACK"); }

  /// Throws when the server has gone away meanwhile. Asks nothing of it.
  void check();

 private:
  [[noreturn]] void fail(const std::string& what);

  pg_conn* connection_;
};

/// The connection string of a role, DATA/secrets/database-<role>.conninfo. Throws DatabaseError.
std::string read_conninfo(const std::string& secrets, const std::string& role);

/// An array of numbers as a parameter: "{1,2,3}".
template <class List, class Value>
std::string array_text(const List& list, Value value) {
  std::string text = "{";
  for (const auto& item : list) {
    if (text.size() > 1) text += ',';
    const auto number = value(item);
    if constexpr (sizeof(number) > 8) {
      text += wide_text(number);
    } else {
      text += std::to_string(number);
    }
  }
  return text + "}";
}

}  // namespace saker::events
