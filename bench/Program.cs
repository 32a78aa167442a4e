using BenchmarkDotNet.Running;
using Hooks.Bench;

BenchmarkSwitcher.FromTypes([typeof(RunBenchmarks), typeof(StateBenchmarks)]).Run(args);
