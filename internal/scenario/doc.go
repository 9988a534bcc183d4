// Package scenario finds, runs and judges scenarios: scripts that do something to a kernel and write down what it did, which is
// compared with a golden file.
//
//	found, err := scenario.Find(paths)
//	results, err := scenario.Run(ctx, scenario.Options{}, found, &scenario.Pool{Workers: 2})
//
// Who runs a scenario and who judges it are two processes. A worker ([Serve]) has namespaces of its own and sends back what was
// printed; it runs one scenario after the other, each in a fresh network namespace. The parent ([Run]) never touches a kernel: it hands
// [Job] values to an [Executor], local workers ([Pool]) or whatever else returns a [Result] for each, and compares with the golden files.
//
// It is handed the language ([Language]) and never sees a builtin.
//
// Traps: a worker uses the main thread of its process, since /proc/self/net and what exec starts follow that. What a scenario leaves
// to the process (the current folder, the environment) the next one finds, so [Serve] sets what it relies on each time.
package scenario
