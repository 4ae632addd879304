# Reference numbers for tests/scoring/rating/test_method.py, printed as JSON. Run with R and the package surveillance:
#   Rscript tests/golden/reference.R > tests/golden/reference_r.json
# Run for this file with R 4.2.2 and surveillance 1.20.3 (Debian 12). The product needs neither.
suppressMessages(library(surveillance))

# Weekly complaint counts made up for this purpose: calm, a slow rise, a burst, calm again.
counts <- c(2, 1, 0, 3, 2, 1, 2, 4, 1, 0, 2, 3, 1, 2, 5, 6, 4, 9, 7, 3, 1, 0, 2, 1, 8, 2, 1, 3, 0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 4, 1)
series <- sts(observed = counts, frequency = 52)
range <- 12:length(counts)
bound <- function(method, alpha) {
  found <- earsC(series, control = list(range = range, method = method, baseline = 7, alpha = alpha, minSigma = 0.5))
  as.numeric(upperbound(found))
}
# earsC gives bounds, not statistics. C2's bound is mean + z * sd of its baseline: two levels give both. C3's bound is
# count + sd * (z - sum of max(0, C2 - 1) over the two weeks before): solved for that sum. Ours adds the week's own part.
z <- qnorm(1 - c(0.01, 0.001))
low <- bound("C2", 0.01)
high <- bound("C2", 0.001)
spread <- (high - low) / (z[2] - z[1])
centre <- low - z[1] * spread
c2 <- (counts[range] - centre) / spread
before <- round(z[2] - (bound("C3", 0.001) - counts[range]) / spread, 12)

# The lower 5 % point of the posterior of a relative rate: Gamma(N + 3) with rate E + 3 (prior mean 1, worth 3 expected cases).
cases <- expand.grid(n = c(3, 6, 12, 24), e = c(1, 4, 12))
eb05 <- qgamma(0.05, cases$n + 3, cases$e + 3)

# Jeffreys' interval of a counted share, 90 %.
shares <- data.frame(k = c(0, 1, 6, 3, 40), n = c(24, 12, 10, 300, 900))
jeffreys <- cbind(qbeta(0.05, shares$k + 0.5, shares$n - shares$k + 0.5), qbeta(0.95, shares$k + 0.5, shares$n - shares$k + 0.5))

# Farrington (1996): 80 made-up weeks, one year back with three weeks on either side, no trend, as for a calendar of two years.
long <- c(rep(c(2, 1, 3, 0, 2, 4, 1, 2), 7), 3, 1, 2, 5, 4, 8, 2, 9, 1, 0, 12, 2, 3, 3, 6, 1, 7, 15, 4, 2, 0, 1, 5, 3)
weeks <- 56:length(long)
control <- list(range = weeks, b = 1, w = 3, reweight = TRUE, trend = FALSE, powertrans = "2/3", alpha = 0.05, limit54 = c(0, 4))
farrington_bound <- as.numeric(upperbound(farrington(sts(observed = long, start = c(2020, 1), frequency = 52), control = control)))

# NB-CUSUM: log likelihood ratio of a doubling, given expected counts and shape 4 (alpha = 1 / shape), never stopped.
expected <- 1.5 + sin(seq_along(long) / 5)
cusum <- algo.glrnb(
  create.disProg(week = seq_along(long), observed = long, state = rep(0, length(long))),
  control = list(range = seq_along(long), c.ARL = 1e9, mu0 = expected, alpha = 1 / 4, theta = log(2), change = "intercept", dir = "inc", ret = "value")
)$upperbound

row <- function(...) sprintf("[%s]", paste(sprintf("%.12g", c(...)), collapse = ", "))
rows <- function(table) sprintf("[\n    %s\n  ]", paste(apply(as.matrix(table), 1, row), collapse = ",\n    "))
cat(sprintf(
  '{\n  "made_by": "R %s.%s, surveillance %s",\n  "ears_counts": %s,\n  "ears_week_c2_before": %s,\n  "eb05_n_e_value": %s,\n  "jeffreys_k_n_low_high": %s,\n  "weekly_counts": %s,\n  "farrington_week_bound": %s,\n  "cusum_expected_value": %s\n}\n',
  R.version$major, R.version$minor, as.character(packageVersion("surveillance")), row(counts),
  rows(cbind(range - 1, c2, before)), rows(cbind(cases, eb05)), rows(cbind(shares, jeffreys)),
  row(long), rows(cbind(weeks - 1, farrington_bound)), rows(cbind(expected, as.numeric(cusum)))
))
