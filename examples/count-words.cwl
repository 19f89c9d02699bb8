# SPDX-License-Identifier: Apache-2.0
# Counts the words of every text and adds them up: a scatter, a gather, an expression.
cwlVersion: v1.2
class: Workflow
requirements:
  ScatterFeatureRequirement: {}
  InlineJavascriptRequirement: {}
inputs:
  texts: string[]
steps:
  count:
    scatter: text
    in: {text: texts}
    out: [count]
    run:
      class: CommandLineTool
      requirements: {ShellCommandRequirement: {}}
      arguments:
        - {valueFrom: echo, shellQuote: false}
        - $(inputs.text)
        - {valueFrom: "| wc -w", shellQuote: false}
      stdout: count.txt
      inputs: {text: string}
      outputs:
        count:
          type: int
          outputBinding: {glob: count.txt, loadContents: true, outputEval: "$(parseInt(self[0].contents))"}
  add:
    in: {counts: count/count}
    out: [sum]
    run:
      class: ExpressionTool
      inputs: {counts: "int[]"}
      outputs: {sum: int}
      expression: |
        ${ return {sum: inputs.counts.reduce(function (a, b) { return a + b; }, 0)}; }
outputs:
  words: {type: int, outputSource: add/sum}
