using System.CommandLine;
using System.Reflection;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Checking;
using Hooks.Cli.Exploring;
using Hooks.Cli.FromSource;
using Hooks.Cli.Hunting;
using Hooks.Cli.Plugins;
using Hooks.Cli.RealKernel;
using Hooks.Cli.Replaying;
using Hooks.Cli.Reproducing;
using Hooks.Cli.Sharing;
using Hooks.Cli.Shells;
using Hooks.Cli.Terminal;
using Hooks.Core.Workloads;
using Hooks.KernelSource;
using Hooks.Lab;
using Hooks.Report;

namespace Hooks.Cli;

/// <summary>The <c>hooks</c> command. It can be called in-process, which is how the tests see it.</summary>
public static class HooksCommand
{
    private const string Name = "hooks";
    private const int CommitLetters = 12;

    /// <summary>The version, as <c>--version</c> prints it.</summary>
    /// <example>hooks 0.2.0 (95f0435f1c2d)</example>
    public static string Version
    {
        get
        {
            var version = typeof(HooksCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+');
            return $"{Name} {version[0]}" + (version.Length > 1 ? $" ({version[1][..Math.Min(CommitLetters, version[1].Length)]})" : "");
        }
    }

    /// <summary>Runs the command as it runs when its output is redirected: no colours, no live table, nothing cut.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <param name="stdout">Standard output.</param>
    /// <param name="stderr">Standard error.</param>
    /// <param name="stdin">Standard input, for <c>run -</c>.</param>
    /// <param name="interrupt">What Ctrl-C does.</param>
    /// <returns>The exit code: 0 as expected, 1 not, 2 bad usage or input, 70 a bug of Hooks, 130 interrupted.</returns>
    public static int Invoke(string[] args, TextWriter stdout, TextWriter stderr, TextReader stdin, CancellationToken interrupt = default) =>
        Invoke(args, Screen.Plain(stdout, stderr, stdin, interrupt));

    /// <summary>Runs the command on the process's own streams, with colours and a live table if they are a terminal.</summary>
    internal static int RunInProcess(string[] args)
    {
        using var interrupt = new Interrupt();
        using var screen = Screen.OfProcess(interrupt.Token);
        return Invoke(args, screen);
    }

    private static int Invoke(string[] args, Screen screen)
    {
        try
        {
            // '@' is not taken for a response file: a file may be called that.
            if (args is ["help", ..]) args = [.. args[1..], "--help"];
            var (plugins, archSources) = (CommonOptions.Plugins(), CommonOptions.ArchSources());
            var parsed = Root(screen, plugins, archSources).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count > 0) return UsageErrors(parsed, screen);
            PluginSet.Use(parsed.GetValue(plugins) ?? [], parsed.GetValue(archSources) ?? [], SourceOptions.PatchesBesideArchSource(parsed));
            var code = parsed.Invoke(new InvocationConfiguration
            {
                Output = screen.Out,
                Error = screen.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
            screen.Flush();
            return code;
        }
        catch (NeverReachedException e)
        {
            screen.ErrorLine($"{Name}: {e.Message}");
            return ExitCode.NoVerdict;
        }
        catch (NoVerdictException e)
        {
            foreach (var line in SourceText.NoVerdict((IReadOnlyList<Unknown>)e.Unknowns)) screen.ErrorLine(line);
            return ExitCode.NoVerdict;
        }
        catch (CaseSyntaxException e)
        {
            // File, line and column first, as editors know it from compilers.
            screen.ErrorLine(e.Message);
            return ExitCode.BadInput;
        }
        catch (Exception e) when (e is InputException or LabException or SourceException)
        {
            screen.ErrorLine($"{Name}: {e.Message}");
            return ExitCode.BadInput;
        }
        catch (OperationCanceledException) when (screen.Interrupted.IsCancellationRequested)
        {
            screen.ErrorLine($"{Name}: interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Files are read and written where their errors can be named; what is left is the output.
            screen.ErrorLine($"{Name}: cannot write the output: {e.Message}");
            return ExitCode.BadInput;
        }
        catch (Exception e) when (PluginSet.Current.Blame(e) is { } plugin)
        {
            screen.ErrorLine($"{Name}: {plugin}: {e.GetType().Name}: {e.Message}");
            return ExitCode.BadInput;
        }
#pragma warning disable CA1031 // A stack trace helps no user; the message and the command line help us.
        catch (Exception e)
#pragma warning restore CA1031
        {
            screen.ErrorLine($"{Name}: internal error: {e.GetType().Name}: {e.Message}");
            screen.ErrorLine($"This is a bug of Hooks. Please report it with the command line: {Name} {string.Join(' ', args.Select(Shell.Quote))}");
            return ExitCode.InternalError;
        }
    }

    private static Command Root(Screen screen, Option<string[]> plugins, Option<string[]> archSources)
    {
        // Not a RootCommand: that one is called after the running program, which in a test is the test host.
        var root = new Command(Name, "Finds swap-path bugs: runs an executable model of Linux's swap path, with an architecture's hooks plugged in, against generated workloads.");
        root.Subcommands.Add(WithPlugins(CheckCommand.Create(screen)));
        root.Subcommands.Add(WithPlugins(MergeCommand.Create(screen)));
        root.Subcommands.Add(WithPlugins(RunCommand.Create(screen)));
        root.Subcommands.Add(ReproCommand.Create(screen));
        root.Subcommands.Add(ReportCommand.Create(screen));
        root.Subcommands.Add(WithPlugins(ExploreCommand.Create(screen)));
        root.Subcommands.Add(WithPlugins(MinimalCommand.Create(screen)));
        root.Subcommands.Add(WithPlugins(MinimizeCommand.Create(screen)));
        root.Subcommands.Add(WithPlugins(ZooCommand.Create(screen)));
        root.Subcommands.Add(WithPlugins(MutateCommand.Create(screen)));
        root.Subcommands.Add(WithPlugins(OrderCommand.Create(screen)));
        root.Subcommands.Add(LabCommand.Create(screen));
        root.Subcommands.Add(WithPlugins(ListCommand.Create(screen)));
        root.Subcommands.Add(WithPlugins(ShowCommand.Create(screen)));
        root.Subcommands.Add(CompletionCommand.Create(screen));
        root.Subcommands.Add(ManCommand.Create(screen, root));
        root.Subcommands.Add(CompletionCommand.CreateComplete(screen, (line, position) => root.Parse(line[..Math.Clamp(position, 0, line.Length)]).GetCompletions(position).Select(c => c.InsertText ?? c.Label)));
        root.Options.Add(new System.CommandLine.Help.HelpOption { Description = "Show help.", Action = new ExamplesHelpAction(screen, RootExamples) });
        root.Options.Add(VersionAction.Option(Version));
        root.SetAction(parsed => UsageErrors(parsed, screen));
        return root;

        Command WithPlugins(Command command)
        {
            command.Options.Add(plugins);
            command.Options.Add(archSources);
            return command;
        }
    }

    private static IReadOnlyList<string> RootExamples =>
    [
        "hooks check                                   every kernel on every architecture",
        "hooks check --kernel v5.18 --arch arm64       one of them",
        "hooks run .hooks/cases/v5.18-arm64-tag-preservation.case --trace",
        "hooks show v6.5 --diff v5.19                  what the fix moved",
        "hooks explore --kernel v6.5 --operations 5     two threads: everything that can happen, whoever moves when",
        "hooks zoo                                     is every known bug caught?",
        "",
        $"From a checkout, hooks is: {CaseReport.Command}",
    ];

    /// <summary>What is wrong with a command line; also the action of a command that is only there for its subcommands.</summary>
    internal static int UsageErrors(ParseResult parsed, Screen screen)
    {
        var command = parsed.CommandResult.Command;
        var commands = command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name).ToList();
        var unknown = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        if (commands.Count > 0 && (unknown is null || !unknown.StartsWith('-')))
        {
            var what = unknown is null ? $"expected a command: {string.Join(", ", commands)}" : Names.Unknown("command", unknown, commands);
            screen.ErrorLine($"{PathOf(command)}: {what}");
        }
        else
        {
            // What follows an option that there is not is not known either, and no news.
            var errors = unknown is not null && unknown.StartsWith('-') ? [UnknownOption(command, unknown)] : parsed.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal);
            foreach (var message in errors) screen.ErrorLine($"{Name}: {Quoted.In(message)}");
        }

        screen.ErrorLine($"Try '{PathOf(command)} --help'.");
        return ExitCode.BadInput;
    }

    /// <summary>What to say of an option that a command does not have.</summary>
    internal static string UnknownOption(Command command, string option)
    {
        var near = Spelling.Nearest(option, command.Options.Select(o => o.Name));
        return $"unknown option '{option}'{(near is null ? "" : $"; did you mean '{near}'?")}";
    }

    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : command.Name;
}
