using BenchmarkDotNet.Running;
using Hooks.Bench;

BenchmarkSwitcher.FromTypes([typeof(RunBenchmarks), typeof(StateBenchmarks), typeof(ShrinkBenchmarks), typeof(CoreBenchmarks)]).Run(args);
