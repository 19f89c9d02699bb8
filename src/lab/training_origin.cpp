// SPDX-License-Identifier: Apache-2.0
#include "lab/training_origin.hpp"

#include "core/hash.hpp"

namespace alveus::lab {

TrainingOrigin origin_of(const learn::TensorFolder& folder, const study::FoldTable& folds, learn::Device device,
                         std::int64_t threads) {
  return {.tensors_sha256 = folder.fingerprint(),
          .folds_sha256 = sha256_of(folds),
          .device = std::string(learn::name_of(device)),
          .threads = threads};
}

std::string sha256_of(const study::FoldTable& folds) { return core::hash_text(core::HashKind::kSha256, folds.csv()); }

void append(core::Object& report, const TrainingOrigin& origin) {
  report.append("tensors_sha256", origin.tensors_sha256);
  report.append("folds_sha256", origin.folds_sha256);
  report.append("device", origin.device);
  report.append("threads", origin.threads);
}

TrainingOrigin read_origin(MemberReader& members) {
  TrainingOrigin origin;
  origin.tensors_sha256 = members.text("tensors_sha256");
  origin.folds_sha256 = members.text("folds_sha256");
  origin.device = members.text("device");
  origin.threads = members.whole("threads");
  return origin;
}

}  // namespace alveus::lab
