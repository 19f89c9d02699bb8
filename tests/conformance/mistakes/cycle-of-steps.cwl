cwlVersion: v1.2
class: Workflow
inputs: []
outputs: []
steps:
  a: {run: good-tool.cwl, in: {message: {source: b/said}}, out: [said]}
  b: {run: good-tool.cwl, in: {message: {source: a/said}}, out: [said]}
