using BenchmarkDotNet.Running;
using Hooks.Bench;

if (args is ["small-worlds"]) SmallWorlds.Print();
else if (args is ["explore"]) Exploring.Print();
else if (args is ["proofs", { } first, { } others]) Proofs.Print(int.Parse(first, System.Globalization.CultureInfo.InvariantCulture), int.Parse(others, System.Globalization.CultureInfo.InvariantCulture));
else if (args is ["race", { } rounds]) SpinRace.Print(int.Parse(rounds, System.Globalization.CultureInfo.InvariantCulture));
else if (args is ["races"]) Races.Print();
else if (args is ["source", .. { Length: > 0 } trees]) SourceRatio.Print(trees);
else BenchmarkSwitcher.FromTypes([typeof(RunBenchmarks), typeof(StateBenchmarks), typeof(ShrinkBenchmarks), typeof(CoreBenchmarks), typeof(SourceBenchmarks)]).Run(args);
