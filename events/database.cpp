#include "events/database.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <fstream>

namespace saker::events {
namespace {

constexpr char kCopySignature[] = "PGCOPY\n\377\r\n";  // and the zero behind it
constexpr std::size_t kSendBytes = std::size_t{1} << 18;

/// Without the line end that libpq adds.
std::string trimmed(const char* message) {
  std::string text = message != nullptr ? message : "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

bool succeeded(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

}  // namespace

Rows::~Rows() { PQclear(result_); }
int Rows::count() const { return PQntuples(result_); }
bool Rows::is_null(int row, int column) const { return PQgetisnull(result_, row, column) != 0; }

std::string_view Rows::text(int row, int column) const {
  return {PQgetvalue(result_, row, column),
          static_cast<std::size_t>(PQgetlength(result_, row, column))};
}

std::int64_t Rows::integer(int row, int column) const {
  const std::string_view digits = text(row, column);
  std::int64_t value = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end.ec != std::errc() || end.ptr != digits.data() + digits.size()) {
    throw DatabaseError("the database answered '" + std::string(digits) + "' for an integer");
  }
  return value;
}

Int128 Rows::wide(int row, int column) const {
  std::string_view digits = text(row, column);
  const std::string whole(digits);
  const bool negative = !digits.empty() && digits.front() == '-';
  if (negative) digits.remove_prefix(1);
  Int128 value = 0;
  bool good = !digits.empty() && digits.size() <= 37;
  for (const char c : digits) {
    good = good && c >= '0' && c <= '9';
    if (good) value = value * 10 + (c - '0');
  }
  if (!good) throw DatabaseError("the database answered '" + whole + "' for a whole number");
  return negative ? -value : value;
}

std::int64_t Rows::affected() const {
  const std::string_view digits = PQcmdTuples(result_);
  std::int64_t count = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return count;
}

std::string wide_text(Int128 number) {
  const bool negative = number < 0;
  std::string text;
  for (Int128 left = negative ? -number : number; left != 0 || text.empty(); left /= 10) {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(left % 10)));
  }
  return negative ? "-" + text : text;
}

void CopyRows::clear() {
  buffer_.assign(kCopySignature, sizeof(kCopySignature));
  buffer_.append(8, '\0');  // no flags, no further header
  rows_ = 0;
}

Database::Database(const std::string& conninfo, const std::string& name)
    : connection_(PQconnectdb((conninfo + " application_name=" + name).c_str())) {
  if (connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK) {
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);  // errors are thrown
    return;
  }
  const std::string message =
      connection_ == nullptr ? "no memory" : trimmed(PQerrorMessage(connection_));
  PQfinish(connection_);
  throw DatabaseError(message);
}

Database::~Database() { PQfinish(connection_); }

void Database::fail(const std::string& what) {
  throw DatabaseError(what + ": " + trimmed(PQerrorMessage(connection_)));
}

Rows Database::run(const char* statement, const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  PGresult* result =
      PQexecParams(connection_, statement, static_cast<int>(values.size()), nullptr,
                   values.data(), nullptr, nullptr, 0);
  Rows rows(result);
  if (!succeeded(result)) fail(std::string(statement).substr(0, 60));
  return rows;
}

void Database::script(const std::string& statements) {
  const Rows rows(PQexec(connection_, statements.c_str()));
  if (trimmed(PQerrorMessage(connection_)).empty()) return;
  fail("a script");
}

void Database::copy(const std::string& target, CopyRows& rows) {
  if (rows.empty()) return;
  const std::string statement = "COPY " + target + " FROM STDIN (FORMAT binary)";
  {
    PGresult* result = PQexec(connection_, statement.c_str());
    const Rows owner(result);
    if (PQresultStatus(result) != PGRES_COPY_IN) fail(statement);
  }
  rows.buffer_.append(2, '\377');  // the end: a row of -1 columns
  for (std::size_t at = 0; at < rows.buffer_.size(); at += kSendBytes) {
    const std::size_t size = std::min(kSendBytes, rows.buffer_.size() - at);
    if (PQputCopyData(connection_, rows.buffer_.data() + at, static_cast<int>(size)) != 1) {
      fail(statement);
    }
  }
  rows.buffer_.resize(rows.buffer_.size() - 2);
  if (PQputCopyEnd(connection_, nullptr) != 1) fail(statement);
  bool good = true;
  while (PGresult* result = PQgetResult(connection_)) {
    const Rows owner(result);
    good = good && PQresultStatus(result) == PGRES_COMMAND_OK;
  }
  if (!good) fail(statement);
}

void Database::commit() { run("COMMIT"); }

void Database::check() {
  if (PQconsumeInput(connection_) != 1 || PQstatus(connection_) != CONNECTION_OK) {
    fail("the database is gone");
  }
}

std::string read_conninfo(const std::string& secrets, const std::string& role) {
  const std::string path = secrets + "/database-" + role + ".conninfo";
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line.empty()) {
    throw DatabaseError("cannot read " + path +
                        "; deploy/database/cluster.sh DATA migrate makes it");
  }
  return line;
}

}  // namespace saker::events
