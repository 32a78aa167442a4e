using System.CommandLine;

namespace Hooks.Cli;

/// <summary>A command whose help ends in examples and exit codes.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">What it does.</param>
internal sealed class DocumentedCommand(string name, string description) : Command(name, description)
{
    /// <summary>Command lines to try.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>What its exit codes mean; empty if it has nothing to say.</summary>
    public IReadOnlyList<string> ExitCodes { get; init; } = [];
}
