// SPDX-License-Identifier: Apache-2.0
#include "expr/detail/convert.hpp"

#include <js/Array.h>
#include <js/CallAndConstruct.h>
#include <js/CharacterEncoding.h>
#include <js/Id.h>
#include <js/JSON.h>
#include <js/Object.h>
#include <js/PropertyAndElement.h>
#include <js/String.h>
#include <js/ValueArray.h>
#include <jsapi.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "expr/detail/unicode.hpp"

namespace alveus::expr::detail {
namespace {

constexpr int kDepthMax = 512;
constexpr double kInteger64End = 9223372036854775808.0;  // 2^63

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char letter) { return static_cast<unsigned char>(letter) < 0x80; });
}

JSString* string_of(JSContext* context, std::string_view text) {
  if (is_ascii(text)) return JS_NewStringCopyN(context, text.data(), text.size());
  const std::u16string wide = utf16_of(text);
  return JS_NewUCStringCopyN(context, wide.data(), wide.size());
}

bool key_of(JSContext* context, std::string_view text, JS::MutableHandleId out) {
  JS::RootedString key(context);
  if (is_ascii(text)) {
    key = JS_AtomizeStringN(context, text.data(), text.size());
  } else {
    const std::u16string wide = utf16_of(text);
    key = JS_AtomizeUCStringN(context, wide.data(), wide.size());
  }
  return key && JS_StringToId(context, key, out);
}

bool convert(JSContext* context, const core::Value& value, int depth, JS::MutableHandleValue out);

bool convert_array(JSContext* context, const core::Array& items, int depth, JS::MutableHandleValue out) {
  JS::RootedValueVector elements(context);
  if (!elements.resize(items.size())) {
    JS_ReportOutOfMemory(context);
    return false;
  }
  for (std::size_t index = 0; index < items.size(); ++index) {
    if (!convert(context, items[index], depth, elements[index])) return false;
  }
  JSObject* array = JS::NewArrayObject(context, elements);
  if (array == nullptr) return false;
  out.setObject(*array);
  return true;
}

bool convert_object(JSContext* context, const core::Object& members, int depth, JS::MutableHandleValue out) {
  JS::RootedObject object(context, JS_NewPlainObject(context));
  if (!object) return false;
  JS::RootedId key(context);
  JS::RootedValue member(context);
  for (const auto& [name, value] : members) {
    if (!key_of(context, name, &key) || !convert(context, value, depth, &member) ||
        !JS_DefinePropertyById(context, object, key, member, JSPROP_ENUMERATE)) {
      return false;
    }
  }
  out.setObject(*object);
  return true;
}

bool convert(JSContext* context, const core::Value& value, int depth, JS::MutableHandleValue out) {
  if (depth > kDepthMax) {
    JS_ReportErrorASCII(context, "a variable is nested deeper than %d levels", kDepthMax);
    return false;
  }
  switch (value.kind()) {
    case core::Value::Kind::kNull: out.setNull(); return true;
    case core::Value::Kind::kBool: out.setBoolean(value.as_bool()); return true;
    case core::Value::Kind::kInteger:
    case core::Value::Kind::kReal: out.setNumber(value.as_real()); return true;
    case core::Value::Kind::kString: {
      JSString* text = string_of(context, value.as_string());
      if (text == nullptr) return false;
      out.setString(text);
      return true;
    }
    case core::Value::Kind::kArray: return convert_array(context, value.as_array(), depth + 1, out);
    case core::Value::Kind::kObject: return convert_object(context, value.as_object(), depth + 1, out);
  }
  return false;
}

core::Value number_of(double number) {
  if (!std::isfinite(number)) return {};
  if (std::trunc(number) == number && number >= -kInteger64End && number < kInteger64End) {
    return {static_cast<std::int64_t>(number)};
  }
  return {number};
}

bool text_of(JSContext* context, JS::HandleString string, core::Value& out) {
  JSLinearString* linear = JS_EnsureLinearString(context, string);
  if (linear == nullptr) return false;
  std::u16string wide(JS::GetLinearStringLength(linear), u'\0');
  {
    const JS::AutoCheckCannotGC no_gc(context);
    if (JS::LinearStringHasLatin1Chars(linear)) {
      const JS::Latin1Char* letters = JS::GetLatin1LinearStringChars(no_gc, linear);
      std::copy(letters, letters + wide.size(), wide.begin());
    } else {
      const char16_t* letters = JS::GetTwoByteLinearStringChars(no_gc, linear);
      std::copy(letters, letters + wide.size(), wide.begin());
    }
  }
  out = core::Value(utf8_of(wide));
  return true;
}

/// JSON.stringify writes lone surrogates as "\udXXX", which no JSON reader of UTF-8 takes.
std::u16string without_lone_surrogates(const std::u16string& json) {
  std::u16string out;
  out.reserve(json.size());
  for (std::size_t index = 0; index < json.size(); ++index) {
    out += json[index];
    if (json[index] != u'\\') continue;
    const char16_t third = index + 3 < json.size() ? json[index + 3] : u'0';
    if (json[index + 1] == u'u' && json[index + 2] == u'd' && third > u'7') {
      out += u"ufffd";
      index += 5;
    } else {
      out += json[++index];
    }
  }
  return out;
}

bool append_units(const char16_t* units, std::uint32_t count, void* out) {
  static_cast<std::u16string*>(out)->append(units, count);
  return true;
}

}  // namespace

bool to_javascript(JSContext* context, const core::Value& value, JS::MutableHandle<JS::Value> out) {
  return convert(context, value, 0, out);
}

FromJavascript from_javascript(JSContext* context, JS::Handle<JS::Value> value, core::Value& out) {
  if (value.isNullOrUndefined()) {
    out = core::Value();
  } else if (value.isBoolean()) {
    out = core::Value(value.toBoolean());
  } else if (value.isNumber()) {
    out = number_of(value.toNumber());
  } else if (value.isString()) {
    JS::RootedString string(context, value.toString());
    if (!text_of(context, string, out)) return FromJavascript::kException;
  } else if (value.isObject() && !JS::IsCallable(&value.toObject())) {
    JS::RootedValue subject(context, value);
    std::u16string json;
    if (!JS_Stringify(context, &subject, nullptr, JS::NullHandleValue, append_units, &json)) {
      return FromJavascript::kException;
    }
    auto parsed = core::parse_json(utf8_of(without_lone_surrogates(json)));
    if (!parsed) {
      JS_ReportErrorUTF8(context, "the result is no JSON: %s", parsed.error().message.c_str());
      return FromJavascript::kException;
    }
    out = std::move(parsed).value();
  } else {
    return FromJavascript::kNoJson;
  }
  return FromJavascript::kDone;
}

}  // namespace alveus::expr::detail
