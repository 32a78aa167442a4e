using System.Globalization;

namespace Hooks.Lab;

/// <summary>What kind of answer the agent gave.</summary>
public enum AnswerKind
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>It does not apply here, as in the model.</summary>
    NotApplicable,

    /// <summary>This kernel, or user space as such, has no such thing.</summary>
    Cannot,

    /// <summary>A system call failed.</summary>
    Error,

    /// <summary>A signal that was not a failed tag check.</summary>
    Signal,
}

/// <summary>An answer of the agent to an operation (lab/PROTOCOL.md), or what the model says it should be.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Detail">cannot: why. err: the errno's name. sig: signal and code.</param>
/// <param name="Value">read: the data; −1: it differs from place to place; null: not said.</param>
/// <param name="Tags">readtag: a digit a granule, <c>*</c> where the hardware's granules differ.</param>
/// <param name="Mismatch">read, write: which granules' pointers failed the tag check, a digit 0 or 1 each; null: none.</param>
/// <param name="State">The page afterwards: <c>X</c> present and mapped here only, <c>P</c> present, <c>C</c> swapped and in the swap cache, <c>S</c> swapped, <c>-</c> nothing, <c>.</c> not mapped; NUL: not said.</param>
/// <param name="WriteProtected">Whether the page's entry has the uffd-wp bit.</param>
/// <param name="All">reclaim: the states of all pages, P0's first, processes apart by a slash.</param>
/// <param name="Frame">The page frame, beside the one at the last look: <c>=</c> the same, <c>!</c> another, <c>?</c> either (the model's word only); NUL: not said.</param>
/// <param name="Flags">The flags of the page frame: <c>d</c> dirty, <c>s</c> in the swap cache, <c>m</c> mlocked, <c>t</c> tags initialised (of a large folio: its first page's), <c>H</c> first page of a large folio, <c>T</c> another one's, <c>-</c> none; null: not said.</param>
/// <param name="Faults">read, write, tag, readtag: minor and major faults, <c>1/0</c>; <c>?/0</c>: none or a minor one (the model's word only); null: not said.</param>
/// <param name="Used">Slots in use in all areas; null: not said.</param>
public sealed record Answer(
    AnswerKind Kind,
    string? Detail = null,
    int? Value = null,
    string? Tags = null,
    string? Mismatch = null,
    char State = '\0',
    bool WriteProtected = false,
    string? All = null,
    char Frame = '\0',
    string? Flags = null,
    string? Faults = null,
    int? Used = null)
{
    /// <summary>The number of <see cref="Value"/> that stands for data that differs from place to place.</summary>
    public const int Torn = -1;

    /// <summary>Reads an answer.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Answer Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var kind = (words.Length == 0 ? "" : words[0]) switch
        {
            "ok" => AnswerKind.Ok,
            "na" => AnswerKind.NotApplicable,
            "cannot" => AnswerKind.Cannot,
            "err" => AnswerKind.Error,
            "sig" => AnswerKind.Signal,
            _ => throw new FormatException($"the agent said '{line}', which is no answer"),
        };
        var answer = new Answer(kind);
        var detail = new List<string>();
        foreach (var word in words.Skip(1))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var value = word[(equals + 1)..];
            switch (equals < 0 ? "" : word[..equals])
            {
                case "v":
                    answer = answer with { Value = value == "torn" ? Torn : int.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "t":
                    answer = answer with { Tags = value };
                    break;
                case "at":
                    answer = answer with { Mismatch = value };
                    break;
                case "segv":
                    break;
                case "s" when value.Length == 1:
                    answer = answer with { State = value[0] };
                    break;
                case "w":
                    answer = answer with { WriteProtected = value == "1" };
                    break;
                case "f":
                    answer = answer with { Frame = value == "1" ? Looks.Another : Looks.Same };
                    break;
                case "k":
                    answer = answer with { Flags = value };
                    break;
                case "n":
                    answer = answer with { Faults = value };
                    break;
                case "u":
                    answer = answer with { Used = int.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "all":
                    answer = answer with { All = value };
                    break;
                default:
                    detail.Add(word);
                    break;
            }
        }

        return detail.Count == 0 ? answer : answer with { Detail = string.Join(' ', detail) };
    }

    /// <summary>Without what a program cannot see by itself and the state does not say: frames, flags, faults and slots.</summary>
    public Answer WithoutMore() => this with { Frame = '\0', Flags = null, Faults = null, Used = null };

    /// <summary>The answer as people read it: <c>ok data=5 SEGV_MTESERR=0100 X frame= flags=d faults=0/1 slots=1</c>.</summary>
    public override string ToString()
    {
        var words = new List<string>
        {
            Kind switch
            {
                AnswerKind.Ok => "ok",
                AnswerKind.NotApplicable => "na",
                AnswerKind.Cannot => "cannot",
                AnswerKind.Error => "err",
                _ => "sig",
            },
        };
        if (Detail is not null) words.Add(Detail);
        if (Value is { } value) words.Add(value == Torn ? "data=torn" : string.Create(CultureInfo.InvariantCulture, $"data={value}"));
        if (Tags is not null) words.Add($"tags={Tags}");
        if (Mismatch is not null) words.Add($"SEGV_MTESERR={Mismatch}");
        if (All is not null) words.Add(All);
        else if (State != '\0') words.Add(State.ToString());
        if (WriteProtected) words.Add("uffd-wp");
        if (Frame != '\0') words.Add($"frame{Frame}");
        if (Flags is not null) words.Add($"flags={Flags}");
        if (Faults is not null) words.Add($"faults={Faults}");
        if (Used is { } used) words.Add(string.Create(CultureInfo.InvariantCulture, $"slots={used}"));
        return string.Join(' ', words);
    }
}
