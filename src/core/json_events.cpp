// SPDX-License-Identifier: Apache-2.0
#include "core/json_events.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace alveus::core {
namespace {

/// Hands the parser's events on.
class Adapter final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Adapter(JsonEvents& events) : events_(events) {}

  bool null() override { return events_.on_null(); }
  bool boolean(bool flag) override { return events_.on_bool(flag); }
  bool number_integer(number_integer_t number) override { return events_.on_integer(number); }
  bool number_unsigned(number_unsigned_t number) override {
    if (number > static_cast<number_unsigned_t>(INT64_MAX)) return events_.on_real(static_cast<double>(number));
    return events_.on_integer(static_cast<std::int64_t>(number));
  }
  bool number_float(number_float_t number, const string_t&) override { return events_.on_real(number); }
  bool string(string_t& text) override { return events_.on_string(std::move(text)); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& text) override { return events_.on_key(std::move(text)); }
  bool start_object(std::size_t) override { return events_.on_object(); }
  bool end_object() override { return events_.on_object_end(); }
  bool start_array(std::size_t) override { return events_.on_array(); }
  bool end_array() override { return events_.on_array_end(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    fault_ = error.what();
    return false;
  }

  const std::string& fault() const { return fault_; }

 private:
  JsonEvents& events_;
  std::string fault_;
};

}  // namespace

Result<bool> read_json_events(std::string_view text, JsonEvents& events) {
  Adapter adapter(events);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &adapter)) return true;
  if (adapter.fault().empty()) return false;
  return fail(ErrorCode::kInvalidInput, adapter.fault());
}

}  // namespace alveus::core
