using System.CommandLine;
using Hooks.Core.Search.Exploring;

namespace Hooks.Cli.Exploring;

/// <summary>What a search of states may use, as options of each command that makes one.</summary>
internal sealed class SearchOptions
{
    private readonly Option<long> _memory = CommonOptions.Number("--memory", "Memory for states, in MiB; what does not fit is not looked at, and that is said.", 1024L, 16L, 1L << 20);
    private readonly Option<int> _jobs = CommonOptions.Number("--jobs", "Threads. Changes the time it takes and nothing else. [default: processors]", 0, 1, 256);
    private readonly Option<bool> _noProgress = new("--no-progress") { Description = "No live line." };

    /// <summary>The options.</summary>
    public SearchOptions() => _jobs.DefaultValueFactory = null;

    /// <summary>--memory and --jobs, which belong together.</summary>
    public IEnumerable<Option> Limits => [_memory, _jobs];

    /// <summary>--no-progress.</summary>
    public Option NoProgress => _noProgress;

    /// <summary>What was asked for.</summary>
    public ExploreOptions Of(ParseResult parsed) => new()
    {
        Memory = parsed.GetValue(_memory) << 20,
        Jobs = parsed.GetValue(_jobs) is var n and > 0 ? n : Environment.ProcessorCount,
    };

    /// <summary>Whether there shall be a live line, if there is a terminal for it.</summary>
    public bool IsLive(ParseResult parsed) => !parsed.GetValue(_noProgress);
}
