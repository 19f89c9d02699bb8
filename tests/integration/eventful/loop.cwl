# Adds a line to a file until there are three; an iteration is a workflow of two steps.
cwlVersion: v1.2
class: Workflow
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
requirements: {InlineJavascriptRequirement: {}, SubworkflowFeatureRequirement: {}}
inputs: {start: File, n: int}
outputs: {last: {type: File?, outputSource: grow/file}}
steps:
  grow:
    in: {file: start, n: n}
    out: [file, n]
    run:
      class: Workflow
      inputs: {file: File, n: int}
      outputs: {file: {type: File, outputSource: add/file}, n: {type: int, outputSource: next/n}}
      steps:
        add:
          in: {file: file, n: n}
          out: [file]
          run:
            class: CommandLineTool
            baseCommand: [sh, -c, 'cat "$0"; echo "line $1"; echo "adding $1" >&2']
            inputs: {file: {type: File, inputBinding: {position: 1}}, n: {type: int, inputBinding: {position: 2}}}
            outputs: {file: stdout}
            stdout: grown.txt
        next:
          in: {n: n}
          out: [n]
          run: {class: ExpressionTool, inputs: {n: int}, outputs: {n: int}, expression: '${return {n: inputs.n + 1};}'}
    requirements:
      cwltool:Loop: {loopWhen: $(inputs.n < 3), loop: {file: file, n: n}, outputMethod: last}
