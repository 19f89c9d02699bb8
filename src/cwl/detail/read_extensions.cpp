// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "cwl/detail/requirement_reader.hpp"
#include "cwl/uri.hpp"

namespace alveus::cwl {

using document::Node;

void read_loop_text(const Node& node, const Target& target) {
  if (!target.required) {
    target.scope.findings.error(node.mark(), "'Loop' must be a requirement, not a hint");
    return;
  }
  target.requirements.loop = LoopText{node, node.mark()};
}

void read_cuda(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 5> kRules = {
      {{"class"}, {"cudaVersionMin"}, {"cudaComputeCapability"}, {"cudaDeviceCountMin"}, {"cudaDeviceCountMax"}}};
  const Fields fields = open(node, "CUDARequirement", kRules, target);
  Cuda cuda;
  cuda.required = target.required;
  fields.require("cudaVersionMin");
  cuda.version_min = fields.string("cudaVersionMin").value_or("");
  if (const Node* capability = fields.require("cudaComputeCapability")) {
    cuda.capabilities = fields.strings("cudaComputeCapability");
    cuda.is_capability_minimum = capability->is_string();
  }
  cuda.count_min = fields.number_expression("cudaDeviceCountMin", Version::kV10);
  cuda.count_max = fields.number_expression("cudaDeviceCountMax", Version::kV10);
  target.requirements.cuda = std::move(cuda);
}

void read_secrets(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 2> kRules = {{{"class"}, {"secrets"}}};
  const Fields fields = open(node, "Secrets", kRules, target);
  fields.require("secrets");
  Secrets secrets;
  for (const std::string& name : fields.strings("secrets")) secrets.names.push_back(short_name(name));
  secrets.mark = node.mark();
  target.requirements.secrets = std::move(secrets);
}

}  // namespace alveus::cwl
