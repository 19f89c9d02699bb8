cwlVersion: v1.2
$graph:
- {id: one, class: CommandLineTool, baseCommand: echo, inputs: [], outputs: []}
- {id: two, class: CommandLineTool, baseCommand: echo, inputs: [], outputs: []}
