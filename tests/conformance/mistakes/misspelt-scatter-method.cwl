cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {text: 'string[]'}
outputs: []
steps:
  say:
    run: good-tool.cwl
    in: {message: text}
    out: [said]
    scatter: message
    scatterMethod: dot_product
