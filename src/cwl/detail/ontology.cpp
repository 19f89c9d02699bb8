// SPDX-License-Identifier: Apache-2.0
#include "cwl/detail/ontology.hpp"

#include <cctype>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace alveus::cwl {
namespace {

constexpr std::string_view kSubclass = "http://www.w3.org/2000/01/rdf-schema#subClassOf";
constexpr std::string_view kEquivalent = "http://www.w3.org/2002/07/owl#equivalentClass";

void add_relation(Ontology& ontology, const std::string& left, std::string_view relation, const std::string& right) {
  if (left.empty() || right.empty()) return;
  if (relation == kSubclass || relation == kEquivalent) ontology[left].push_back(right);
  if (relation == kEquivalent) ontology[right].push_back(left);
}

// --- RDF/XML

/// Entities of the document type: <!ENTITY edam "http://…" >.
std::map<std::string, std::string, std::less<>> entities_of(std::string_view text) {
  std::map<std::string, std::string, std::less<>> entities;
  for (std::size_t at = text.find("<!ENTITY"); at != std::string_view::npos; at = text.find("<!ENTITY", at + 8)) {
    const std::size_t name = text.find_first_not_of(" \t\r\n", at + 8);
    const std::size_t name_end = text.find_first_of(" \t\r\n", name);
    const std::size_t quote = text.find('"', name);
    const std::size_t quote_end = quote == std::string_view::npos ? quote : text.find('"', quote + 1);
    if (quote_end == std::string_view::npos || name_end > quote) break;
    entities[std::string(text.substr(name, name_end - name))] = text.substr(quote + 1, quote_end - quote - 1);
  }
  return entities;
}

/// The value of an attribute inside one tag, entities expanded; "" without it.
std::string attribute(std::string_view tag, std::string_view name,
                      const std::map<std::string, std::string, std::less<>>& entities) {
  const std::size_t at = tag.find(std::string(name) + "=");
  if (at == std::string_view::npos || at + name.size() + 1 >= tag.size()) return "";
  const std::size_t begin = at + name.size() + 2;
  const std::size_t end = tag.find(tag[begin - 1], begin);
  if (end == std::string_view::npos) return "";
  std::string value;
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t semicolon = tag[i] == '&' ? tag.find(';', i) : std::string_view::npos;
    const auto entity = semicolon < end ? entities.find(tag.substr(i + 1, semicolon - i - 1)) : entities.end();
    if (entity == entities.end()) {
      value += tag[i];
    } else {
      value += entity->second;
      i = semicolon;
    }
  }
  return value;
}

void add_rdf_xml(std::string_view text, Ontology& ontology) {
  const auto entities = entities_of(text);
  std::string subject;
  int depth_inside = 0;  // of classes without a name inside the named one
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const std::size_t end = text.find('>', at);
    if (end == std::string_view::npos) break;
    const std::string_view tag = text.substr(at + 1, end - at - 1);
    if (tag.starts_with("owl:Class") || tag.starts_with("rdfs:Class")) {
      const std::string about = attribute(tag, "rdf:about", entities);
      if (!about.empty()) {
        subject = about;
        depth_inside = 0;
      } else if (!tag.ends_with('/')) {
        ++depth_inside;
      }
    } else if (tag.starts_with("/owl:Class") || tag.starts_with("/rdfs:Class")) {
      if (depth_inside > 0) --depth_inside;
    } else if (depth_inside == 0 && tag.starts_with("rdfs:subClassOf")) {
      add_relation(ontology, subject, kSubclass, attribute(tag, "rdf:resource", entities));
    } else if (depth_inside == 0 && tag.starts_with("owl:equivalentClass")) {
      add_relation(ontology, subject, kEquivalent, attribute(tag, "rdf:resource", entities));
    }
  }
}

// --- Turtle

/// Words and the punctuation ". ; , [ ] ( )"; texts in quotes are one word.
std::vector<std::string> turtle_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++i;
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (c == '<' || c == '"') {
      const std::size_t end = std::min(text.find(c == '<' ? '>' : '"', i + 1), text.size() - 1);
      words.emplace_back(text.substr(i, end + 1 - i));
      i = end + 1;
    } else if (std::string_view(";,[]()").find(c) != std::string_view::npos) {
      words.emplace_back(1, c);
      ++i;
    } else {
      std::size_t end = std::min(text.find_first_of(" \t\r\n;,[]()<\"", i), text.size());
      if (end == i) ++end;
      std::string_view word = text.substr(i, end - i);
      i = end;
      const bool closes = word.size() > 1 && word.ends_with('.');
      if (closes) word.remove_suffix(1);
      words.emplace_back(word);
      if (closes) words.emplace_back(".");
    }
  }
  return words;
}

std::string turtle_name(const std::string& word, const std::map<std::string, std::string>& prefixes) {
  if (word.starts_with('<') && word.ends_with('>')) return word.substr(1, word.size() - 2);
  const std::size_t colon = word.find(':');
  if (colon == std::string::npos) return "";
  const auto prefix = prefixes.find(word.substr(0, colon));
  return prefix == prefixes.end() ? "" : prefix->second + word.substr(colon + 1);
}

void add_turtle(std::string_view text, Ontology& ontology) {
  const std::vector<std::string> words = turtle_words(text);
  std::map<std::string, std::string> prefixes;
  std::vector<std::string> statement;
  std::string subject;
  std::string relation;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if ((words[i] == "@prefix" || words[i] == "PREFIX") && i + 2 < words.size()) {
      const std::string& prefix = words[i + 1];
      prefixes[prefix.substr(0, prefix.find(':'))] = turtle_name(words[i + 2], {});
      i += 2;
      subject.clear();
    } else if (words[i] == ".") {
      subject.clear();
      relation.clear();
    } else if (words[i] == ";") {
      relation.clear();
    } else if (words[i] != ",") {
      const std::string name = turtle_name(words[i], prefixes);
      if (subject.empty()) {
        subject = name;
      } else if (relation.empty()) {
        relation = words[i] == "a" ? "a" : name;
      } else {
        add_relation(ontology, subject, relation, name);
      }
    }
  }
}

}  // namespace

void add_ontology(std::string_view text, Ontology& ontology) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return;
  if (text.find("<rdf:RDF") != std::string_view::npos) return add_rdf_xml(text, ontology);
  add_turtle(text, ontology);
}

bool is_format(const std::string& format, const std::string& wanted, const Ontology* ontology) {
  std::set<std::string> seen;
  std::vector<std::string> open = {format};
  while (!open.empty()) {
    const std::string current = open.back();
    open.pop_back();
    if (current == wanted) return true;
    if (ontology == nullptr || !seen.insert(current).second) continue;
    const auto parents = ontology->find(current);
    if (parents != ontology->end()) open.insert(open.end(), parents->second.begin(), parents->second.end());
  }
  return false;
}

}  // namespace alveus::cwl
