using BenchmarkDotNet.Running;
using Hooks.Bench;

if (args is ["small-worlds"]) SmallWorlds.Print();
else BenchmarkSwitcher.FromTypes([typeof(RunBenchmarks), typeof(StateBenchmarks), typeof(ShrinkBenchmarks), typeof(CoreBenchmarks)]).Run(args);
