#!/usr/bin/env cwl-runner
# Two inputs that change places, a source that is null and its default, and self in a valueFrom.
cwlVersion: v1.2
class: Workflow
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
requirements:
  InlineJavascriptRequirement: {}
  MultipleInputFeatureRequirement: {}
  StepInputExpressionRequirement: {}
inputs: {}
outputs:
  trace: {type: 'string[]', outputSource: swap/trace}
steps:
  swap:
    in:
      a: {default: x}
      b: {default: y}
      list: {default: []}
      null_then_default: {default: first}
      round: {default: 0}
    out: [trace, a, b, nothing]
    run:
      class: ExpressionTool
      inputs: {a: string, b: string, list: 'string[]', null_then_default: string, round: int}
      outputs: {trace: string, a: string, b: string, nothing: int?}
      expression: |
        ${ return {trace: [inputs.round, inputs.a, inputs.b, inputs.list.join("+"), inputs.null_then_default].join(" "),
                   a: inputs.b, b: inputs.a, nothing: null}; }
    requirements:
      - class: cwltool:Loop
        loopWhen: $(inputs.round < 4)
        outputMethod: all
        loop:
          - {id: a, loopSource: a, valueFrom: $(self + inputs.round)}
          - {id: b, loopSource: b}
          - {id: list, loopSource: [a, b], linkMerge: merge_flattened}
          - {id: null_then_default, loopSource: nothing, default: later}
          - {id: round, valueFrom: $(inputs.round + 1)}
