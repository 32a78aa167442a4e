using System.CommandLine;
using Hooks.Bench.Peers;

var seeds = new Option<int>("--seeds") { Description = "Searches for each bug, with seeds 1 … N.", DefaultValueFactory = _ => 50 };
var budget = new Option<int>("--budget") { Description = "Workloads at most until a bug is found.", DefaultValueFactory = _ => 100_000 };
var command = new RootCommand("The same bugs, searched with the project's own generator and shrinker and with other libraries'. Prints a Markdown table.") { seeds, budget };
command.SetAction(parsed => Contest.Run(parsed.GetValue(seeds), parsed.GetValue(budget)));
return command.Parse(args).Invoke();
