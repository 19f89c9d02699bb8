#!/usr/bin/env cwl-runner
# A file that grows by a line in each iteration, until it has three more lines than it began with.
cwlVersion: v1.2
class: Workflow
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
requirements:
  InlineJavascriptRequirement: {}
  StepInputExpressionRequirement: {}
inputs:
  text: File
  rounds: int
outputs:
  grown: {type: File?, outputSource: grow/grown}
steps:
  grow:
    run:
      class: CommandLineTool
      baseCommand: [sh, -c, 'cat "$0"; echo "line $1"']
      inputs:
        text: {type: File, inputBinding: {position: 1}}
        round: {type: int, inputBinding: {position: 2}}
        rounds: int
      outputs:
        grown: stdout
      stdout: grown.txt
    in:
      text: text
      round: {default: 0}
      rounds: rounds
    out: [grown]
    requirements:
      cwltool:Loop:
        loopWhen: $(inputs.round < inputs.rounds)
        loop:
          text: grown
          round: {valueFrom: $(inputs.round + 1)}
        outputMethod: last
