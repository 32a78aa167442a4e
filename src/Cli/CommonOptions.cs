using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Hooks.Cli;

/// <summary>Options that several commands have, and numbers with a clear error.</summary>
internal static class CommonOptions
{
    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print JSON and nothing else." };

    /// <summary><c>--plugin FILE</c>, as often as one likes: read once, before the command runs.</summary>
    public static Option<string[]> Plugins() => new("--plugin")
    {
        Description = "Load architectures and kernels from this assembly too; may be given several times.",
        HelpName = "DLL",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary><c>--arch-source FILE</c>: compiled once, before the command runs.</summary>
    public static Option<string[]> ArchSources() => new("--arch-source")
    {
        Description = "Put an architecture's own C, compiled with gcc, in place of its hand-written hooks: .../arch/sparc/kernel/adi_64.c, .../arch/arm64/mm/mteswap.c. It is called sparc-c or arm64-c.",
        HelpName = "FILE…",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>An option that takes one of some words, those of an enum; if it is not given, it is the first.</summary>
    /// <param name="name">Its name, with the dashes.</param>
    /// <param name="description">What it is.</param>
    public static Option<T> OneOf<T>(string name, string description)
        where T : struct, Enum
    {
        var words = string.Join('|', Enum.GetNames<T>().Select(n => n.ToLowerInvariant()));
        return new(name)
        {
            Description = $"{description} [default: {default(T).ToString().ToLowerInvariant()}]",
            HelpName = words,
            CustomParser = result =>
            {
                var word = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                if (Enum.TryParse<T>(word, ignoreCase: true, out var value) && Enum.IsDefined(value) && !char.IsAsciiDigit(word[0])) return value;
                result.AddError($"{name}: '{word}' is not one of {words}");
                return default;
            },
        };
    }

    /// <summary>An option that takes a number of a range.</summary>
    /// <param name="name">Its name, with the dashes.</param>
    /// <param name="description">What it is.</param>
    /// <param name="usual">Its value if it is not given.</param>
    /// <param name="min">The least it can be.</param>
    /// <param name="max">The most it can be.</param>
    public static Option<T> Number<T>(string name, string description, T usual, T min, T max)
        where T : struct, IBinaryInteger<T> =>
        new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => usual,
            CustomParser = result =>
            {
                var word = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                if (T.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max) return value;
                result.AddError($"{name}: '{word}' is not a number of {min} … {max}");
                return usual;
            },
        };

    /// <summary>Options that there are not would be taken for what any number of words may be: a misspelt one must not.</summary>
    public static void RefuseOptions(Argument<string[]> words) => words.Validators.Add(static result =>
    {
        if (result.Tokens.FirstOrDefault(t => t.Value is ['-', _, ..]) is { } token) result.AddError(HooksCommand.UnknownOption(((CommandResult)result.Parent!).Command, token.Value));
    });
}
