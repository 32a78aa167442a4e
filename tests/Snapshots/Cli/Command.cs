using Hooks.Cli;

namespace Hooks.Snapshots.Cli;

/// <summary>Runs the command in-process, as from a shell whose output is redirected.</summary>
internal static class Command
{
    /// <summary>What a run printed and how it ended, for approval.</summary>
    public static string Run(string commandLine, string stdin = "")
    {
        using var stdout = new StringWriter { NewLine = "\n" };
        using var stderr = new StringWriter { NewLine = "\n" };
        using var input = new StringReader(stdin);
        var exit = HooksCommand.Invoke(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries), stdout, stderr, input);
        return $"$ hooks {commandLine}\n{Part("stdout", stdout)}{Part("stderr", stderr)}exit {exit}";
    }

    private static string Part(string name, StringWriter text)
    {
        var lines = text.ToString().TrimEnd('\n');
        return lines.Length == 0 ? "" : $"--- {name}\n{lines}\n---\n";
    }
}
