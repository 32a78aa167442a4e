using System.CommandLine;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Terminal;

namespace Hooks.Cli.Shells;

/// <summary><c>hooks completion SHELL</c>: prints what a shell must read to complete commands, options, and the names of kernels and architectures. The shell asks <c>hooks complete</c>.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _hooks() {
            local IFS=$'\n'
            COMPREPLY=($(hooks complete "${COMP_POINT}" "${COMP_LINE}" 2>/dev/null))
            [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o filenames -F _hooks hooks
        """;

    private const string Zsh = """
        _hooks() {
            local -a words
            words=("${(@f)$(hooks complete "${CURSOR}" "${BUFFER}" 2>/dev/null)}")
            [[ -n $words[1] ]] && compadd -a words || _files
        }
        compdef _hooks hooks
        """;

    private const string Fish = """
        complete -c hooks -a '(hooks complete (commandline -C) (commandline -p) 2>/dev/null)'
        """;

    /// <summary>The command that users call.</summary>
    public static Command Create(Screen screen)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        var command = new DocumentedCommand("completion", "Print what a shell reads to complete commands, options and names.")
        {
            Examples = ["eval \"$(hooks completion bash)\"", "hooks completion fish | source"],
            ExitCodes = ["0  printed", "2  no such shell"],
        };
        command.Arguments.Add(shell);
        command.SetAction(parsed =>
        {
            var script = Scripts.TryGetValue(parsed.GetValue(shell)!, out var text) ? text : throw new InputException(Names.Unknown("shell", parsed.GetValue(shell)!, Scripts.Keys));
            screen.Verbatim(script.ReplaceLineEndings("\n"));
            return ExitCode.AsExpected;
        });
        return command;
    }

    /// <summary>The command that shells call: completions of a line, one a line.</summary>
    /// <param name="screen">Where to.</param>
    /// <param name="complete">The completions of a command line at a place of it.</param>
    public static Command CreateComplete(Screen screen, Func<string, int, IEnumerable<string>> complete)
    {
        var position = new Argument<int>("POSITION");
        var line = new Argument<string>("LINE");
        var command = new Command("complete", "What a shell asks for completions.") { Hidden = true };
        command.Arguments.Add(position);
        command.Arguments.Add(line);
        command.SetAction(parsed =>
        {
            foreach (var completion in complete(parsed.GetValue(line)!, parsed.GetValue(position)).Distinct(StringComparer.Ordinal)) screen.Verbatim(completion);
            return ExitCode.AsExpected;
        });
        return command;
    }

    private static SortedDictionary<string, string> Scripts => new(StringComparer.Ordinal) { ["bash"] = Bash, ["zsh"] = Zsh, ["fish"] = Fish };
}
