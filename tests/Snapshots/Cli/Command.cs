using Hooks.Cli;

namespace Hooks.Snapshots.Cli;

/// <summary>Runs the command in-process, as from a shell whose output is redirected.</summary>
internal static class Command
{
    private static readonly FolderWatch Usual = new(Path.GetFullPath(".hooks"));

    /// <summary>What a run printed and how it ended, for approval.</summary>
    /// <exception cref="InvalidOperationException">It kept cases where whoever runs the tests may keep theirs.</exception>
    public static string Run(string commandLine, string stdin = "")
    {
        using var stdout = new StringWriter { NewLine = "\n" };
        using var stderr = new StringWriter { NewLine = "\n" };
        using var input = new StringReader(stdin);
        var exit = HooksCommand.Invoke(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries), stdout, stderr, input);
        Usual.Check($"'hooks {commandLine}'");
        return $"$ hooks {commandLine}\n{Part("stdout", stdout)}{Part("stderr", stderr)}exit {exit}";
    }

    /// <summary>The same with another working directory; nothing else may run meanwhile.</summary>
    public static string RunIn(string folder, string commandLine)
    {
        // The watch must not begin in the other folder.
        Usual.Check("an earlier test");
        var before = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(folder);
        try
        {
            return Run(commandLine);
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    private static string Part(string name, StringWriter text)
    {
        var lines = text.ToString().TrimEnd('\n');
        return lines.Length == 0 ? "" : $"--- {name}\n{lines}\n---\n";
    }
}
