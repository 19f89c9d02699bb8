// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace alveus::cwl {

/// True for "file:///a", "https://…", "_:b0": a scheme and a colon. "edam:format_1" has one too.
bool has_scheme(std::string_view text);

/// A reference made absolute (RFC 3986 §5.2, dot segments removed). Characters that may not stand in a URI, such as
/// spaces, are percent-encoded; what is encoded already stays as it is.
std::string resolve_uri(std::string_view base, std::string_view reference);

/// A path on this machine, absolute or relative to the document `base`, as a URI; everything special is encoded.
std::string uri_of_path(std::string_view base, std::string_view path);

/// Without "#…".
std::string document_of(std::string_view uri);
/// What follows "#", or "".
std::string fragment_of(std::string_view uri);

/// "file:///a/main.cwl#main/step/in" to "in": what follows the last "/" of the fragment, or of the text without one.
std::string short_name(std::string_view id);

}  // namespace alveus::cwl
