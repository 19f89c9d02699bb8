#!/usr/bin/env cwl-runner
# For each number of a list all that follow it until 1: a loop with all outputs, in a workflow that is scattered. The
# loop over 1 has no iteration.
cwlVersion: v1.2
class: Workflow
requirements:
  InlineJavascriptRequirement: {}
  MultipleInputFeatureRequirement: {}
  ScatterFeatureRequirement: {}
  SubworkflowFeatureRequirement: {}
inputs:
  numbers: int[]
outputs:
  paths: {type: {type: array, items: {type: array, items: int}}, outputSource: each/path}
  even: {type: {type: array, items: {type: array, items: ["null", int]}}, outputSource: each/even}
steps:
  each:
    scatter: number
    in: {number: numbers}
    out: [path, even]
    run:
      class: Workflow
      inputs: {number: int}
      outputs:
        path: {type: 'int[]', outputSource: follow/next}
        even: {type: {type: array, items: ["null", int]}, outputSource: follow/even}
      steps:
        follow:
          in: {number: number}
          out: [next, even, odd]
          requirements:
            http://commonwl.org/cwltool#Loop:
              loopWhen: $(inputs.number != 1)
              loop:
                number: {loopSource: [even, odd], pickValue: the_only_non_null}
              outputMethod: all
          run:
            class: Workflow
            inputs: {number: int}
            outputs:
              even: {type: int?, outputSource: halve/next}
              odd: {type: int?, outputSource: triple/next}
              next: {type: int, outputSource: [halve/next, triple/next], pickValue: first_non_null}
            steps:
              halve:
                when: $(inputs.number % 2 == 0)
                in: {number: number}
                out: [next]
                run: {class: ExpressionTool, inputs: {number: int}, outputs: {next: int}, expression: '${return {next: inputs.number / 2};}'}
              triple:
                when: $(inputs.number % 2 == 1)
                in: {number: number}
                out: [next]
                run: {class: ExpressionTool, inputs: {number: int}, outputs: {next: int}, expression: '${return {next: 3 * inputs.number + 1};}'}
