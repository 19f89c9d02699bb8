cwlVersion: v1.2
$graph:
- class: Workflow
  id: main
  requirements: {ScatterFeatureRequirement: {}, MultipleInputFeatureRequirement: {}, StepInputExpressionRequirement: {}}
  inputs: {a: "string[]", b: string?}
  outputs: {o: {type: "Any?", outputSource: [one/out, two/out], linkMerge: merge_flattened, pickValue: all_non_null}}
  steps:
    one: {run: "#t", scatter: x, in: {x: a}, out: [out]}
    two: {run: "#t", when: $(inputs.x), in: {x: {source: one/out, valueFrom: $(self[0])}}, out: [out]}
- {class: ExpressionTool, id: t, inputs: {x: string}, outputs: {out: Any}, expression: $(inputs)}
