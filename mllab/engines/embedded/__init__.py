"""Pulumi's engine once more, in this process, for simulated clouds.

A command goes through the modules from the top down:
- engine: the verbs. lock, store, journal, seal: what is on disk. recover: what an earlier run left.
- program, host: the user's program runs. monitor, wire, goal, source: what the SDK asks, as plain
  data.
- register, aliases, decide, paths, dependent_replacements: what happens to each resource.
  registry, unconfigured_provider: who serves it.
- step_executor, predict, removal, refreshing: it happens, or is predicted. schedule: when.
  snapshot, record: what is recorded. report, shown: what a person hears of it. run: what all of
  them share.

The rules are those of Pulumi's engine, held against it by one suite of scenarios. It differs where
somebody would lose something, or learn less:
- an interrupted create is looked for in the cloud before anything is made again (recover);
- a resource with wrong inputs fails alone, and a preview names all wrong inputs at once;
- what a stopped or failed resource still stands on is not deleted, and data is never deleted in a
  run in which something failed (removal, program);
- a delete-first replacement takes the remains of earlier replacements along
  (dependent_replacements);
- what stays in the cloud is called so: `retain`, where Pulumi says delete.
Left out, and refused by name: import, hooks, transforms of the engine's side (those of the SDK
work), components of other languages, parameterized packages, methods of resources,
resources that are only read (`Bucket.get`), references to other stacks.
"""
