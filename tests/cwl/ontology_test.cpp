// SPDX-License-Identifier: Apache-2.0
#include "cwl/detail/ontology.hpp"

#include <gtest/gtest.h>

namespace alveus::cwl {
namespace {

Ontology read(std::string_view text) {
  Ontology ontology;
  add_ontology(text, ontology);
  return ontology;
}

TEST(OntologyTest, ReadsRdfXmlWithEntities) {
  const Ontology ontology = read(R"(<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ <!ENTITY e "http://e/" > ]>
<rdf:RDF>
  <owl:Class rdf:about="&e;bam">
    <rdfs:subClassOf rdf:resource="http://e/binary"/>
    <rdfs:subClassOf><owl:Restriction><owl:Class><owl:equivalentClass rdf:resource="http://e/odd"/></owl:Class>
    </owl:Restriction></rdfs:subClassOf>
  </owl:Class>
  <owl:Class rdf:about="http://e/binary"><rdfs:subClassOf rdf:resource="&e;any"/></owl:Class>
</rdf:RDF>)");
  EXPECT_TRUE(is_format("http://e/bam", "http://e/any", &ontology));
  EXPECT_FALSE(is_format("http://e/any", "http://e/bam", &ontology));
  EXPECT_FALSE(is_format("http://e/bam", "http://e/odd", &ontology));
}

TEST(OntologyTest, ReadsTurtle) {
  const Ontology ontology = read(R"(
@prefix e: <http://e/> . # a comment with a . and ;
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
e:bam a owl:Class ; rdfs:label "BAM . ; ," ; rdfs:subClassOf e:binary , <http://e/aligned> .
e:fasta owl:equivalentClass e:format_1929 .)");
  EXPECT_TRUE(is_format("http://e/bam", "http://e/binary", &ontology));
  EXPECT_TRUE(is_format("http://e/bam", "http://e/aligned", &ontology));
  EXPECT_TRUE(is_format("http://e/format_1929", "http://e/fasta", &ontology));
}

TEST(OntologyTest, EndsWhereClassesAreKindsOfOneAnother) {
  const Ontology ontology = {{"a", {"b"}}, {"b", {"a"}}};
  EXPECT_TRUE(is_format("a", "b", &ontology));
  EXPECT_FALSE(is_format("a", "c", &ontology));
}

TEST(OntologyTest, KnowsEqualNamesWithoutAnOntology) {
  EXPECT_TRUE(is_format("a", "a", nullptr));
  EXPECT_FALSE(is_format("a", "b", nullptr));
}

TEST(OntologyTest, PassesOverForeignText) {
  for (const char* text :
       {"", "<", "<rdf:RDF", "<rdf:RDF><owl:Class rdf:about=", "\"", "<a", "@prefix", "a b c d", ";.,"}) {
    EXPECT_TRUE(read(text).empty()) << text;
  }
}

}  // namespace
}  // namespace alveus::cwl
