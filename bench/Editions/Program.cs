using BenchmarkDotNet.Running;
using Hooks.Bench;

BenchmarkRunner.Run<Editions>(args: args);
