# Each job succeeds the time that its number says, and says each time which time it is.
cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {need: "int[]", counts: string}
outputs: {said: {type: "File[]", outputSource: try/said}}
steps:
  try:
    in: {need: need, counts: counts}
    scatter: need
    out: [said]
    run:
      class: CommandLineTool
      baseCommand: [sh, -c, 'echo x >> "$0$1"; n=$(wc -l < "$0$1"); echo "error $n" >&2; echo "word $n"; test "$n" -ge "$1" || exit 75']
      inputs: {counts: {type: string, inputBinding: {position: 1}}, need: {type: int, inputBinding: {position: 2}}}
      outputs: {said: stdout}
      stdout: said.txt
      temporaryFailCodes: [75]
