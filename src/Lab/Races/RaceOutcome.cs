namespace Hooks.Lab.Races;

/// <summary>What became of a race that was played several times.</summary>
/// <param name="Times">How often it was played.</param>
/// <param name="Lost">How often the program found, when all was done, data or tags that were not its own.</param>
/// <param name="Died">How often the guest died or hung.</param>
/// <param name="Agree">How often kernel and model said the same of all of it.</param>
/// <param name="Bugs">How often the guest's kernel came to a BUG().</param>
public sealed record RaceOutcome(int Times, int Lost, int Died, int Agree, int Bugs)
{
    /// <summary>Of the plays.</summary>
    public static RaceOutcome Of(IReadOnlyCollection<RacePlay> plays)
    {
        ArgumentNullException.ThrowIfNull(plays);
        return new RaceOutcome(plays.Count, plays.Count(p => p.Loses), plays.Count(p => p.Failure is not null), plays.Count(p => p.Agrees), plays.Count(p => p.Failure?.Bug is not null));
    }

    /// <summary>In words: <c>lost 50 of 50</c>.</summary>
    public string Verdict => Bugs > 0 && Bugs == Died ? $"a BUG of the kernel {Bugs} of {Times}" : Died > 0 ? $"the guest did not survive {Died} of {Times}" : Lost > 0 ? $"lost {Lost} of {Times}" : $"kept {Times} of {Times}";
}
