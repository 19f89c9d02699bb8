// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cwl/model.hpp"

namespace alveus::cwl {

/// Adds what a schema says about classes: rdfs:subClassOf, and owl:equivalentClass in both directions. Reads RDF/XML
/// and Turtle as far as ontologies of file formats use them; the rest of the text is passed over.
void add_ontology(std::string_view text, Ontology& ontology);

/// True when `format` is `wanted` or, by any number of steps, a kind of it. `ontology` may be null.
bool is_format(const std::string& format, const std::string& wanted, const Ontology* ontology);

}  // namespace alveus::cwl
